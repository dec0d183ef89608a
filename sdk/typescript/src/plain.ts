/**
 * Results as plain, frozen values.
 *
 * A generated message becomes an object of the same fields: 64-bit integers are numbers (session times in microseconds
 * stay exact for 285 years), a oneof is an object whose `case` says which it is, with the member's own fields beside
 * it, and what is absent is undefined.
 */

type Hidden = "$typeName" | "$unknown";

/** The plain value of a generated message; see the module. */
export type Plain<T> = T extends bigint
  ? number
  : T extends Uint8Array
    ? Uint8Array
    : T extends readonly (infer U)[]
      ? readonly Plain<U>[]
      : T extends { case: infer C; value?: infer V }
        ? C extends string
          ? { readonly case: C } & Plain<V>
          : undefined
        : T extends object
          ? { readonly [K in keyof T as K extends Hidden ? never : K]: Plain<T[K]> }
          : T;

/** Makes a message plain, and freezes it. */
export function plain<T>(message: T): Plain<T> {
  return made(message) as Plain<T>;
}

function made(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(made));
  const from = value as Record<string, unknown>;
  if (isOneof(from)) {
    if (from["case"] === undefined) return undefined;
    return Object.freeze({ ...(made(from["value"]) as object), case: from["case"] });
  }
  const into: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(from)) {
    if (name !== "$typeName" && name !== "$unknown") into[name] = made(one);
  }
  return Object.freeze(into);
}

// Generated messages have a `$typeName`; what holds a oneof has none.
function isOneof(value: Record<string, unknown>): boolean {
  return "case" in value && !("$typeName" in value);
}
