/** Who may sign in as what. The page explains them, the modules' access rules go by them. */
export const roles = ['assistant', 'bookkeeper'] as const;
export type Role = (typeof roles)[number];

export function isRole(value: unknown): value is Role {
  return roles.some((role) => role === value);
}
