import type { Action, Route, StatusName } from '../packet.ts';
import { actions, routeOf, Status } from '../packet.ts';
import type { RecordShape, Schema, ShapeTable } from './field.ts';
import type { Infer, InferReceive, InferSend, InferWrite, Shape } from './shape.ts';
import { bareShape } from './shape.ts';
import type { Type } from './types.ts';

/** What may stand for a record: a shape, or a single type for bare values. */
export type ShapeLike = Shape<unknown, unknown, never> | Type;

/** An action of a handler: the shape of what is sent and of what is answered; left out: no records that way. */
export interface ActionSpec {
  readonly in?: ShapeLike;
  readonly out?: ShapeLike;
}

export type ActionSpecs = { readonly [A in Action]?: ActionSpec };

/** A named, numbered set of up to four actions over a resource. */
export interface HandlerSpec<S extends ActionSpecs = ActionSpecs> {
  readonly number: number;
  readonly actions: S;
}

export type HandlerSpecs = Readonly<Record<string, HandlerSpec>>;
export type ErrorSpecs = Readonly<Record<string, number>>;

/** A route as both sides look it up. */
export interface RouteSpec {
  readonly route: Route;
  readonly handler: string;
  readonly action: Action;
  readonly input: RecordShape | null;
  readonly output: RecordShape | null;
}

/** The handlers of an application: names, numbers, shapes; shared by both sides. Immutable. */
export interface Contract<H extends HandlerSpecs = HandlerSpecs, E extends ErrorSpecs = ErrorSpecs> extends Schema {
  readonly version: number;
  readonly handlers: H;
  /** The application's own status codes by name, 256 … 65 535. */
  readonly errors: E;
  readonly routes: ReadonlyMap<Route, RouteSpec>;
  /** The name of a status code: one of C.5, or the application's own; `status_<n>` for an unknown one. */
  errorName(status: number): string;
}

type InputOf<S> = S extends { readonly in: infer X } ? X : undefined;
type OutputOf<S> = S extends { readonly out: infer X } ? X : undefined;

/** What a client writes in a record of this action; never, where it takes none. */
export type InputWrite<S> = InputOf<S> extends undefined ? never : InferSend<InputOf<S>>;
/** What a handler reads of it. */
export type InputRead<S> = InputOf<S> extends undefined ? never : InferReceive<InputOf<S>>;
/** What a handler answers. */
export type OutputWrite<S> = OutputOf<S> extends undefined ? never : InferWrite<OutputOf<S>>;
/** What a client reads of the answer. */
export type OutputRead<S> = OutputOf<S> extends undefined ? never : Infer<OutputOf<S>>;

/** The names of a contract's own errors. */
export type ErrorNameOf<C> = C extends Contract<HandlerSpecs, infer E> ? keyof E & string : never;
/** `users.create` and the like: all routes of a contract by name. */
export type RouteName<C> =
  C extends Contract<infer H, ErrorSpecs>
    ? { [K in keyof H & string]: `${K}.${keyof H[K]['actions'] & string}` }[keyof H & string]
    : never;
/** The action spec behind a route name. */
export type SpecOfRoute<C, R extends string> =
  C extends Contract<infer H, ErrorSpecs>
    ? R extends `${infer K extends keyof H & string}.${infer A extends Action}`
      ? H[K]['actions'][A]
      : never
    : never;

/**
 * A handler's actions.
 *
 * @param number 0 … 255, its own for ever: it stands on the wire, and is never given to another handler.
 */
export function handler<const S extends ActionSpecs>(number: number, specs: S): HandlerSpec<S> {
  return { number, actions: specs };
}

/**
 * Makes a contract.
 *
 * @param options `version` rises with each change of the contract; `errors` are the application's own status codes.
 * @throws {TypeError} `bad_contract`: a number out of range or given twice, an action that is none of the four.
 */
export function contract<const H extends HandlerSpecs, const E extends ErrorSpecs = Record<never, number>>(
  options: { readonly version: number; readonly errors?: E },
  handlers: H,
): Contract<H, E> {
  if (!Number.isInteger(options.version) || options.version < 1) {
    throw badContract('version', 'a whole number from 1');
  }
  const errors = (options.errors ?? {}) as E;
  const routes = routesOf(handlers);
  const names = errorNames(errors);
  return Object.freeze({
    version: options.version,
    handlers,
    errors,
    routes,
    inputs: tableOf(routes, 'input'),
    outputs: tableOf(routes, 'output'),
    errorName: (status: number) => names.get(status) ?? `status_${status}`,
  });
}

// These are methods of a client or parts of a path; a handler of that name could not be reached.
const reserved = new Set(['then', 'constructor', 'toString', 'valueOf', 'toJSON', '__proto__']);
const handlerName = /^[A-Za-z_$][A-Za-z0-9_$]*$/;

function routesOf(handlers: HandlerSpecs): ReadonlyMap<Route, RouteSpec> {
  const owners = new Map<number, string>();
  const routes = new Map<Route, RouteSpec>();
  for (const [name, { number, actions: specs }] of Object.entries(handlers)) {
    if (!handlerName.test(name) || reserved.has(name)) throw badContract(name, 'not a name for a handler');
    if (!Number.isInteger(number) || number < 0 || number > 255) throw badContract(name, 'its number is 0 … 255');
    const owner = owners.get(number);
    if (owner !== undefined) throw badContract(name, `its number ${number} is ${owner}'s`);
    owners.set(number, name);
    for (const key of Object.keys(specs)) {
      if (!(actions as readonly string[]).includes(key)) {
        throw badContract(`${name}.${key}`, 'an action is create, read, update or delete');
      }
    }
    for (const action of actions) {
      const spec = specs[action];
      if (!spec) continue;
      const route = routeOf(number, action);
      routes.set(route, {
        route,
        handler: name,
        action,
        input: shapeOf(spec.in),
        output: shapeOf(spec.out),
      });
    }
  }
  return routes;
}

function shapeOf(like: ShapeLike | undefined): RecordShape | null {
  if (!like) return null;
  return 'fields' in like ? like : bareShape(like);
}

function tableOf(routes: ReadonlyMap<Route, RouteSpec>, side: 'input' | 'output'): ShapeTable {
  return new Map([...routes].map(([route, spec]) => [route, spec[side]] as const));
}

function errorNames(errors: ErrorSpecs): Map<number, string> {
  const names = new Map<number, string>(Object.entries(Status).map(([name, status]) => [status, name]));
  for (const [name, status] of Object.entries(errors)) {
    if (!/^[a-z][a-z0-9_]*$/.test(name) || name in Status) throw badContract(name, 'not a name for an error');
    if (!Number.isInteger(status) || status < 256 || status > 65_535)
      throw badContract(name, 'its status is 256 … 65535');
    const owner = names.get(status);
    if (owner !== undefined) throw badContract(name, `its status ${status} is ${owner}'s`);
    names.set(status, name);
  }
  return names;
}

function badContract(where: string, reason: string): TypeError {
  return new TypeError(`[bad_contract] ${where}: ${reason}`);
}

/** The names that an answer of this contract may fail with. */
export type AnyErrorName<C> = ErrorNameOf<C> | Exclude<StatusName, 'ok'>;
