/** Served in one turn of the event loop: a few milliseconds of it. */
const perTurn = 128;

/**
 * Serves whoever asks for it, some in each turn of the event loop: what concerns ten thousand of them holds up nothing else
 * for long, and what is new meanwhile is served with what they wait for.
 */
export class Rounds<Member> {
  private readonly quick = new Set<Member>();
  private readonly slow = new Set<Member>();
  private readonly serve: (member: Member) => void;
  private readonly isSlow: (member: Member) => boolean;
  private readonly onIdle: () => void;
  private isUnderWay = false;

  /**
   * @param serve Must not throw.
   * @param isSlow Who is comes after all who are not.
   * @param onIdle Called when nobody is left to be served.
   */
  constructor(serve: (member: Member) => void, isSlow: (member: Member) => boolean, onIdle: () => void) {
    this.serve = serve;
    this.isSlow = isSlow;
    this.onIdle = onIdle;
  }

  /** Whether somebody waits to be served. */
  get isBusy(): boolean {
    return this.isUnderWay;
  }

  /** Serves it once, soon; the first ones before anything else happens. Who waits already keeps its place. */
  add(member: Member): void {
    if (this.quick.has(member)) return;
    if (this.isSlow(member)) this.slow.add(member);
    else this.quick.add(member);
    if (this.isUnderWay) return;
    this.isUnderWay = true;
    queueMicrotask(this.serveSome);
  }

  private readonly serveSome = (): void => {
    let left = perTurn;
    do {
      for (const waiting of [this.quick, this.slow]) {
        for (const member of waiting) {
          if (left-- === 0) {
            setImmediate(this.serveSome);
            return;
          }
          this.quick.delete(member);
          this.slow.delete(member);
          this.serve(member);
        }
      }
      // Whom serving a slow one has woken.
    } while (this.quick.size > 0);
    this.isUnderWay = false;
    this.onIdle();
  };
}
