import { useId, useRef, useState } from 'preact/hooks';
import type { Finding } from '../model/body-check.ts';
import { allowedTexts, type ParameterField } from '../model/operation-entry.ts';
import type { Suggestion } from '../model/suggestions.ts';
import { findingText } from './finding-text.ts';
import { usePage } from './page-context.ts';

/** Suggestions are asked for again when they are older than this, in milliseconds. */
const suggestionsFreshMs = 10_000;

/** One parameter: its name, what it means, and where it is typed in. */
export function ParameterInput({
  parameter,
  value,
  findings,
  onValue,
  suggest,
}: {
  readonly parameter: ParameterField;
  readonly value: string;
  readonly findings: readonly Finding[];
  readonly onValue: (value: string) => void;
  /** null: the server has no list of its values. */
  readonly suggest: (() => Promise<readonly Suggestion[]>) | null;
}) {
  const { say, language } = usePage();
  const id = useId();
  const [suggestions, setSuggestions] = useState<readonly Suggestion[]>([]);
  const askedAt = useRef(Number.NEGATIVE_INFINITY);
  const { name, isRequired, description, example, schema } = parameter;
  const allowed = allowedTexts(schema);
  const isMarked = findings.length > 0;
  const ask = () => {
    if (suggest === null || performance.now() - askedAt.current < suggestionsFreshMs) return;
    askedAt.current = performance.now();
    void suggest().then(setSuggestions);
  };
  const shared = {
    id,
    value,
    'aria-describedby': `${id}-about`,
    'aria-invalid': isMarked,
    'aria-required': isRequired,
  };
  return (
    <div class={`field ${isMarked ? `has-${findings[0]?.kind}` : ''}`}>
      <div class="field-head">
        <label htmlFor={id}>{name}</label>
        {isRequired && <span class="required">{say('required')}</span>}
        <span class="field-type">{typeText(schema)}</span>
      </div>
      {allowed === null ? (
        <input
          {...shared}
          type="text"
          placeholder={example}
          list={suggestions.length > 0 ? `${id}-list` : undefined}
          inputMode={schema.type === 'integer' ? 'numeric' : undefined}
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          onFocus={ask}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      ) : (
        <select {...shared} onChange={(event) => onValue(event.currentTarget.value)}>
          <option value="">{say('notSet')}</option>
          {allowed.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      )}
      {suggestions.length > 0 && (
        <datalist id={`${id}-list`}>
          {suggestions.map((one) => (
            <option key={one.value} value={one.value} label={one.label === '' ? undefined : one.label} />
          ))}
        </datalist>
      )}
      <p class="field-about" id={`${id}-about`}>
        {findings.map((finding) => (
          <strong key={finding.reason}>{`${name} ${findingText(finding, say)}. `}</strong>
        ))}
        {description[language]}
      </p>
    </div>
  );
}

function typeText(schema: Readonly<Record<string, unknown>>): string {
  const type = [schema.type].flat().filter((one) => typeof one === 'string');
  const bounds =
    typeof schema.minimum === 'number' && typeof schema.maximum === 'number'
      ? ` ${schema.minimum}–${schema.maximum}`
      : '';
  return `${type.join(' | ')}${bounds}`;
}
