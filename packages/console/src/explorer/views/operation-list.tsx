import { useEffect, useMemo, useRef } from 'preact/hooks';
import { type ApiDescription, isFound, type OperationEntry } from '../model/operation-entry.ts';
import { groupName } from '../texts.ts';
import { CloseIcon, SearchIcon } from './icons.tsx';
import { MethodBadge } from './method-badge.tsx';
import { usePage } from './page-context.ts';

/** All operations in their groups, narrowed by what is typed into the search. */
export function OperationList({
  apis,
  selected,
  query,
  onQuery,
  onClose,
}: {
  readonly apis: readonly ApiDescription[];
  readonly selected: string;
  readonly query: string;
  readonly onQuery: (query: string) => void;
  readonly onClose: () => void;
}) {
  const { say } = usePage();
  const search = useRef<HTMLInputElement>(null);
  const count = apis.reduce((sum, { operations }) => sum + operations.length, 0);
  const found = useMemo(
    () =>
      apis.map((api) => ({
        api,
        operations: api.operations.filter((entry) => isFound(entry, query.trim())),
      })),
    [apis, query],
  );
  useEffect(() => {
    // A slash leads to the search, except from where one is typed.
    const jump = (event: KeyboardEvent) => {
      const from = event.target as HTMLElement;
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
      if (from.closest('input, textarea, select, dialog[open]') !== null) return;
      event.preventDefault();
      search.current?.focus();
    };
    document.addEventListener('keydown', jump);
    return () => document.removeEventListener('keydown', jump);
  }, []);
  // Whoever came by a link or by history finds the operation in the list, too.
  const isListed = count > 0;
  useEffect(() => {
    if (isListed && selected !== '') {
      document.querySelector('.list-item[aria-current="page"]')?.scrollIntoView({ block: 'nearest' });
    }
  }, [isListed, selected]);
  return (
    <nav class="operation-list" aria-label={say('menu')}>
      <div class="list-search">
        <span class="search-icon">
          <SearchIcon />
        </span>
        <input
          ref={search}
          type="search"
          value={query}
          aria-label={say('searchLabel')}
          placeholder={say('searchPlaceholder', { count })}
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => onQuery(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') onQuery('');
          }}
        />
        {query === '' ? (
          <kbd>/</kbd>
        ) : (
          <button
            type="button"
            class="quiet-button icon-only"
            aria-label={say('clearSearch')}
            onClick={() => {
              onQuery('');
              search.current?.focus();
            }}
          >
            <CloseIcon />
          </button>
        )}
        <button
          type="button"
          class="quiet-button icon-only list-close"
          aria-label={say('closeMenu')}
          onClick={onClose}
        >
          <CloseIcon />
        </button>
      </div>
      <div class="list-scroll">
        {found.every(({ operations }) => operations.length === 0) && count > 0 && (
          <p class="list-empty" role="status">
            {say('searchNothing', { query: query.trim() })}
          </p>
        )}
        {found
          .filter(({ operations }) => operations.length > 0)
          .map(({ api, operations }) => (
            <section key={api.api} class="list-api">
              <h2>
                {say(api.api === 'cdm' ? 'apiCdm' : 'apiOwn')}
                <span class="count">{operations.length}</span>
              </h2>
              <Groups operations={operations} selected={selected} />
            </section>
          ))}
      </div>
    </nav>
  );
}

function Groups({
  operations,
  selected,
}: {
  readonly operations: readonly OperationEntry[];
  readonly selected: string;
}) {
  const { language } = usePage();
  const tags = [...new Set(operations.map(({ tag }) => tag))];
  return (
    <>
      {tags.map((tag) => (
        <section key={tag} class="list-group">
          <h3>{groupName(tag, language)}</h3>
          <ul>
            {operations
              .filter((entry) => entry.tag === tag)
              .map((entry) => (
                <li key={entry.id}>
                  <a
                    href={`#/${entry.id}`}
                    class="list-item"
                    aria-current={entry.id === selected ? 'page' : undefined}
                  >
                    <MethodBadge method={entry.method} />
                    <span class="list-text">
                      <span class="list-id">{entry.id}</span>
                      <span class="list-summary">{entry.summary[language]}</span>
                    </span>
                  </a>
                </li>
              ))}
          </ul>
        </section>
      ))}
    </>
  );
}
