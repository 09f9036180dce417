import type { Finding } from '../model/body-check.ts';
import type { Say } from '../texts.ts';

/** What was found, in words; without the place, which the page shows apart. */
export function findingText({ reason, detail }: Finding, say: Say): string {
  switch (reason) {
    case 'missing':
      return say('reasonMissing');
    case 'dots':
      return say('reasonDots');
    case 'header-text':
      return say('reasonHeaderText');
    case 'enum':
      return say('reasonEnum', { detail });
    case 'integer':
      return say('reasonInteger');
    case 'json': {
      const [line = '', column = ''] = detail.split(':');
      return detail === '' ? say('reasonJson') : say('reasonJsonAt', { line, column });
    }
    case 'body-missing':
      return say('reasonBodyMissing');
    case 'member-missing':
      return say('reasonMemberMissing');
    case 'member-type':
      return say('reasonMemberType', { detail });
    case 'member-value':
      return detail === '' ? say('reasonMemberValue') : say('reasonMemberValueOf', { detail });
  }
}
