import { statSync } from 'node:fs';
import { flushCompileCache, getCompileCacheDir } from 'node:module';
import { bundle } from '@sluice/connectors/bundle';
import type { Host } from '@sluice/core/connector/contract';
import { ConnectorRegistry } from '@sluice/core/connector/registry';
import { Fenced } from '@sluice/core/errors/sluice-error';
import { KeptEnds } from '@sluice/engine/kept-ends';
import { runTask } from '@sluice/engine/run-task';
import type { Ledger, RejectAnswer } from '@sluice/engine/work';
import { download } from './runs/download.ts';
import { Egress, type EgressRules } from './runs/egress.ts';
import { type FromWorker, type ToWorker, toPortable } from './runs/worker-messages.ts';

// A worker process: takes one task at a time from the server and moves the data. It holds no state that matters:
// killed at any line, its open work is rolled back by the databases and begun again from the last checkpoint. What it keeps
// from one task of a run to the next, connections and a snapshot, another worker opens anew.

const registry = new ConnectorRegistry(bundle);
const kept = new KeptEnds(registry);
const rules = process.argv[2];
/** Where this process may connect to; null: anywhere, for tests. */
const egress = rules === undefined ? null : new Egress(JSON.parse(rules) as EgressRules);
let abort: { readonly taskId: number; readonly controller: AbortController } | null = null;
/** Who waits for an answer of the server, by the number of the message. */
const receipts = new Map<number, (isGranted: boolean, answer?: RejectAnswer) => void>();
let nextReceipt = 1;

function send(message: FromWorker): void {
  // When the server is gone, so are we (see `disconnect`).
  if (process.connected) process.send?.(message);
}

function resolver(): Pick<Host, 'resolve'> {
  return egress === null ? {} : { resolve: (host) => egress.resolve(host) };
}

/** Sends what is to be stored, and resolves with the server's answer. */
function stored(
  make: (receipt: number) => FromWorker,
): Promise<{ readonly isStored: boolean; readonly answer?: RejectAnswer | undefined }> {
  const receipt = nextReceipt++;
  return new Promise((resolve) => {
    receipts.set(receipt, (isStored, answer) => resolve({ isStored, answer }));
    send(make(receipt));
  });
}

/** Files go by the rules of links, and some of their own. */
function downloaderOf(signal: AbortSignal): Pick<Host, 'download'> {
  const open = new Egress({ allow: [], deny: [] });
  const find = (host: string) => egress?.resolveForFile(host) ?? open.resolve(host);
  return { download: (url) => download(url, find, signal) };
}

function ledgerOf(taskId: number, signal: AbortSignal): Ledger {
  return {
    progress: (sliceNo, counts, times) => send({ kind: 'progress', taskId, sliceNo, counts, times }),
    async checkpoint(sliceNo, checkpoint, times) {
      const { isStored } = await stored((receipt) => {
        return { kind: 'checkpoint', taskId, receipt, sliceNo, checkpoint, times };
      });
      if (!isStored) throw new Fenced(`slice ${sliceNo}`);
    },
    async rejects(sliceNo, part): Promise<RejectAnswer> {
      const { isStored, answer } = await stored((receipt) => {
        return { kind: 'rejects', taskId, receipt, sliceNo, part };
      });
      if (!isStored) throw new Fenced(`slice ${sliceNo}`);
      return answer ?? { isFull: true, excess: null };
    },
    async charge(rows, bytes, sourceMs) {
      const receipt = nextReceipt++;
      let onAbort: () => void = () => undefined;
      try {
        const isPaid = await new Promise<boolean>((resolve, reject) => {
          receipts.set(receipt, resolve);
          onAbort = () => reject(signal.reason);
          signal.addEventListener('abort', onAbort, { once: true });
          send({ kind: 'charge', taskId, receipt, rows, bytes, sourceMs });
        });
        signal.throwIfAborted();
        if (!isPaid) throw new Error('the task is over');
      } finally {
        receipts.delete(receipt);
        signal.removeEventListener('abort', onAbort);
      }
    },
  };
}

async function work(message: ToWorker & { readonly kind: 'task' }): Promise<void> {
  const { taskId, task } = message;
  const controller = new AbortController();
  abort = { taskId, controller };
  try {
    const host = {
      signal: controller.signal,
      log: (line: string) => send({ kind: 'log', taskId, line }),
      ...resolver(),
      ...downloaderOf(controller.signal),
    };
    const result = await runTask(task, { registry, kept, host, ledger: ledgerOf(taskId, controller.signal) });
    keepCompiledCode();
    send({ kind: 'done', taskId, result });
  } catch (error) {
    keepCompiledCode();
    send({ kind: 'failed', taskId, error: toPortable(error) });
  } finally {
    abort = null;
  }
}

/**
 * Node itself writes the cache only at an orderly end, which a worker seldom has. Nothing new: a microsecond.
 * A cache that cannot be written changes nothing: then every worker compiles for itself.
 */
function keepCompiledCode(): void {
  const folder = getCompileCacheDir();
  if (folder === undefined) return;
  const before = changedAt(folder);
  flushCompileCache();
  if (changedAt(folder) !== before) send({ kind: 'compiled' });
}

/** When an entry of the folder was last added or replaced, in milliseconds; 0 when it is gone. */
function changedAt(folder: string): number {
  try {
    return statSync(folder).mtimeMs;
  } catch {
    return 0;
  }
}

process.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'task':
      void work(message);
      return;
    case 'abort':
      if (abort?.taskId === message.taskId) abort.controller.abort(new Error('stopped'));
      return;
    case 'forget':
      void kept.forget(message.runId);
      return;
    case 'ledger':
      receipts.get(message.receipt)?.(message.isStored, message.answer);
      receipts.delete(message.receipt);
      return;
    case 'paid':
      receipts.get(message.receipt)?.(message.isPaid);
      receipts.delete(message.receipt);
  }
});

// The server died or let go: whatever is open is rolled back by the databases when our sockets close.
process.on('disconnect', () => process.exit(0));
// Ctrl+C in a terminal reaches the whole group: the server decides about us, not the signal.
process.on('SIGINT', () => undefined);
send({ kind: 'ready' });
keepCompiledCode();
