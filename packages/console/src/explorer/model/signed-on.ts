import type { Hashing } from '@sluice/contract/signing/sign-request';

export interface Project {
  readonly id: string;
  readonly name: string;
}

/** Who calls. It lives in this page's memory and nowhere else: it is gone with a reload. */
export type SignOn =
  | {
      readonly kind: 'token';
      readonly token: string;
      readonly user: string;
      readonly projects: readonly Project[];
      /** Unix milliseconds. */
      readonly expiresAt: number | null;
    }
  | {
      readonly kind: 'keys';
      readonly accessKey: string;
      readonly key: Hashing;
      /** Of temporary keys; null otherwise. */
      readonly securityToken: string | null;
      readonly user: string;
      readonly projects: readonly Project[];
      readonly expiresAt: null;
    };

/** The region that a project's name stands for: `cn-north-4`, of `cn-north-4_finance` too. */
export function regionOf(project: Project): string {
  return project.name.split('_')[0] ?? '';
}
