import type { Contract, RouteSpec } from '../contract/contract.ts';
import { type Action, actions, type Route, routeOf } from '../packet.ts';
import type { Context } from './context.ts';
import type { AccessRule, Implementation } from './implement.ts';
import { isStandardSchema, type StandardSchema } from './standard-schema.ts';

/** A route with the code behind it. */
export interface BoundRoute extends RouteSpec {
  readonly access: AccessRule<Contract, unknown>;
  readonly code: (ctx: Context, records: unknown[]) => unknown;
  readonly validate: StandardSchema | undefined;
  /** Its packets may run before those ahead of them are durable. */
  readonly ahead: boolean;
  /** Neighbouring packets may share a call. */
  readonly coalesce: boolean;
}

export type BoundRoutes = ReadonlyMap<Route, BoundRoute>;

/**
 * Puts modules' implementations behind a contract's routes.
 *
 * @throws {TypeError} `bad_implementation`: of another contract, a handler that it lacks or that is implemented twice,
 *   an action without an access rule, a rule without an action.
 */
export function bindRoutes(contract: Contract, implementations: readonly Implementation<Contract>[]): BoundRoutes {
  const bound = new Map<Route, BoundRoute>();
  const seen = new Set<string>();
  for (const { contract: own, handlers } of implementations) {
    if (own !== contract) throw badImplementation('a module', 'it implements another contract');
    for (const [name, code] of Object.entries<object | undefined>(handlers)) {
      if (!Object.hasOwn(contract.handlers, name)) throw badImplementation(name, 'the contract has no such handler');
      if (seen.has(name)) throw badImplementation(name, 'it is implemented twice');
      seen.add(name);
      for (const route of bindHandler(contract, name, code ?? {})) bound.set(route.route, route);
    }
  }
  return bound;
}

function bindHandler(contract: Contract, name: string, handler: object): BoundRoute[] {
  // Own properties only: neither a rule nor code may come from a prototype.
  const code = new Map(Object.entries(handler));
  const rules = new Map(Object.entries((code.get('access') as object | undefined) ?? {}));
  code.delete('access');
  const validators = new Map(Object.entries((code.get('validate') as object | undefined) ?? {}));
  code.delete('validate');
  const [ahead, coalesce] = [namesIn(code, 'ahead'), namesIn(code, 'coalesce')];
  for (const action of [...validators.keys(), ...ahead, ...coalesce]) {
    if (!code.has(action)) throw badImplementation(`${name}.${action}`, 'something is said of it, but it has no code');
  }
  for (const action of rules.keys()) {
    if (!code.has(action)) throw badImplementation(`${name}.${action}`, 'an access rule without an action');
  }
  return [...code].map(([action, run]) => {
    const where = `${name}.${action}`;
    const spec = (actions as readonly string[]).includes(action)
      ? contract.routes.get(routeOf(contract.handlers[name]?.number ?? -1, action as Action))
      : undefined;
    if (!spec) throw badImplementation(where, 'the contract has no such action');
    if (typeof run !== 'function') throw badImplementation(where, 'an action is a function');
    const access = rules.get(action) as AccessRule<Contract, unknown> | undefined;
    if (!isRule(access)) throw badImplementation(where, 'it has no access rule');
    const validate = validators.get(action);
    if (validate !== undefined && !isStandardSchema(validate)) {
      throw badImplementation(where, 'its validator keeps to no Standard Schema');
    }
    return {
      ...spec,
      access,
      code: run as BoundRoute['code'],
      validate,
      ahead: ahead.includes(action) || coalesce.includes(action),
      coalesce: coalesce.includes(action),
    };
  });
}

function namesIn(code: Map<string, unknown>, key: string): readonly string[] {
  const names = code.get(key) ?? [];
  code.delete(key);
  if (!Array.isArray(names)) throw badImplementation(key, 'it lists actions');
  return names;
}

function isRule(rule: unknown): rule is AccessRule<Contract, unknown> {
  if (Array.isArray(rule)) return rule.every((role) => typeof role === 'string' && role !== '');
  return typeof rule === 'function' || (typeof rule === 'string' && rule !== '');
}

function badImplementation(where: string, reason: string): TypeError {
  return new TypeError(`[bad_implementation] ${where}: ${reason}`);
}
