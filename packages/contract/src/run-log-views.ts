import Type, { type Static } from 'typebox';
import { RunView } from './run-views.ts';
import { answer, int64, listOf, oneOfTexts, orNull, part, text } from './wire-types.ts';

// The log of a run, and the events of a run that is followed.

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

export const RunLogLineView = answer(
  'RunLogLine',
  {
    at: int64('When it was written. Unix milliseconds.'),
    level: oneOfTexts(
      logLevels,
      'Who must act: error someone now, warn someone soon, info and debug nobody.',
    ),
    event: text('What happened, such as run.planned.'),
    fields: Type.Record(Type.String(), Type.Unknown(), {
      description: 'What belongs to it, by name. Texts from outside are only here.',
    }),
  },
  "A line of a run's log.",
);
export type RunLogLineView = Static<typeof RunLogLineView>;

export const RunLogResponse = answer(
  'RunLogResponse',
  {
    lines: listOf(RunLogLineView, 'Oldest first.'),
    offset: int64('Where these lines begin, in bytes of the log.', { minimum: 0 }),
    next_offset: int64('Where the next ones begin: the offset to ask for.', { minimum: 0 }),
    size: int64('Bytes of the log so far; 0 where this server keeps none of the run.', { minimum: 0 }),
  },
  "A part of a run's log, as the server that is asked has it.",
);
export type RunLogResponse = Static<typeof RunLogResponse>;

export const RunEvent = answer(
  'RunEvent',
  {
    run: orNull(RunView, 'With the event run: the run as ShowRun gives it.'),
    log: orNull(part({ lines: listOf(RunLogLineView) }), 'With the event log: lines that are new.'),
  },
  'The data of one event: run, log, or end, after which nothing comes.',
);
export type RunEvent = Static<typeof RunEvent>;
