import type { ActionSpecs, Contract, ErrorSpecs, HandlerSpecs, InputRead, OutputWrite } from '../contract/contract.ts';
import type { Action } from '../packet.ts';
import type { Context } from './context.ts';
import type { StandardSchema } from './standard-schema.ts';

/**
 * Who may call an action: anyone; anyone who is authenticated; who has the role of that name (or one of those); or whom the
 * function says, judged when the packet runs.
 */
export type AccessRule<C extends Contract = Contract, I = never> =
  | 'public'
  | 'authenticated'
  | (string & {})
  | readonly string[]
  | ((ctx: Context<C>, records: readonly I[]) => boolean | Promise<boolean>);

type Answer<S> = [OutputWrite<S>] extends [never] ? void : readonly OutputWrite<S>[];

/** An action's code. Its records succeed or fail together; what it throws fails this packet only. */
export type ActionCode<C extends Contract, S> = (
  ctx: Context<C>,
  records: InputRead<S>[],
) => Answer<S> | Promise<Answer<S>>;

/** Any subset of a handler's actions, and a rule for each. */
export type HandlerCode<C extends Contract, S extends ActionSpecs> = {
  readonly [A in keyof S & Action]?: ActionCode<C, S[A]>;
} & {
  readonly access: { readonly [A in keyof S & Action]?: AccessRule<C, InputRead<S[A]>> };
  /**
   * Validators by any library of Standard Schema, each for one record, run after the shape and the access rule: their
   * issues make the packet `invalid`, their output is what the code gets.
   */
  readonly validate?: { readonly [A in keyof S & Action]?: StandardSchema<unknown, InputRead<S[A]>> };
  /**
   * Actions whose packets may run before those ahead of them are durable, up to 256 of them: so an outbox does not wait
   * for the disk after each. Only for code that is idempotent or changes nothing but by `ctx.effect`, and that does not
   * look at what earlier packets have changed: that may not be there yet.
   */
  readonly ahead?: readonly (keyof S & Action)[];
  /**
   * Actions that take neighbouring packets, up to 256 of them, in one call with all their records: the code answers one
   * record for each, in order. If it throws, nothing of the call counts and the packets run one by one. `ctx` is that of
   * the first packet. For code as under `ahead`.
   */
  readonly coalesce?: readonly (keyof S & Action)[];
};

/** What stands beside a handler's actions. */
type Besides = 'access' | 'validate' | 'ahead' | 'coalesce';

/** Any subset of a contract's handlers. */
export type ContractCode<C extends Contract> =
  C extends Contract<infer H extends HandlerSpecs, ErrorSpecs>
    ? { readonly [K in keyof H]?: HandlerCode<C, H[K]['actions']> }
    : never;

/** Demands an access rule of every implemented action, and that the contract has it. */
type Guarded<C extends Contract, I> =
  C extends Contract<infer H extends HandlerSpecs, ErrorSpecs>
    ? {
        readonly [K in keyof I]: K extends keyof H
          ? {
              readonly [A in keyof I[K]]: A extends Besides | keyof H[K]['actions'] ? I[K][A] : never;
            } & { readonly access: { readonly [A in Exclude<keyof I[K], Besides>]: unknown } }
          : never;
      }
    : never;

/** What a module gives a server: handlers' implementations, ready to be used by `server.use`. */
export interface Implementation<C extends Contract = Contract> {
  readonly contract: C;
  readonly handlers: ContractCode<C>;
}

/**
 * Binds code to a contract's handlers: any number of them, any of their actions.
 *
 * An action without an access rule is a type error, and refused at start.
 */
export function implement<C extends Contract, const I extends ContractCode<C>>(
  contract: C,
  handlers: I & Guarded<C, I>,
): Implementation<C> {
  return { contract, handlers };
}
