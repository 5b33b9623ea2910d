/** `npm run audit`: fails on a published hole in a dependency that `.ci/audit-exceptions.json` does not excuse. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ROOT } from './command.ts';

const EXCEPTIONS = join(ROOT, '.ci', 'audit-exceptions.json');
/** A registry that does not answer must not hold up everything else. */
const PATIENCE_MS = 60_000;

const advisorySchema = z.object({ url: z.url(), title: z.string(), severity: z.string(), name: z.string() });
export type Advisory = z.output<typeof advisorySchema>;

/** What `npm audit --json` says; of its version 2. A `via` that is a name alone points at another entry. */
const reportSchema = z.object({
  auditReportVersion: z.literal(2),
  vulnerabilities: z.record(z.string(), z.object({ via: z.array(z.union([z.string(), advisorySchema])) })),
});

/** An advisory that is lived with, why, and until which day at the latest. */
const exceptionSchema = z.strictObject({
  advisory: z.string().regex(/^GHSA-/),
  package: z.string(),
  why: z.string().min(20),
  until: z.iso.date(),
});
export type AuditException = z.output<typeof exceptionSchema>;

/** Each advisory once. @throws z.ZodError where the text is no report, as when the registry has no audits. */
export function advisoriesIn(report: unknown): Advisory[] {
  const { vulnerabilities } = reportSchema.parse(report);
  const found = new Map<string, Advisory>();
  for (const { via } of Object.values(vulnerabilities))
    for (const advisory of via) if (typeof advisory !== 'string') found.set(advisory.url, advisory);
  return [...found.values()];
}

/** What is wrong, a sentence each: holes without an exception, and exceptions that are over or for nothing. */
export function complaintsOf(
  advisories: readonly Advisory[],
  exceptions: readonly AuditException[],
  today: string,
): string[] {
  const idOf = ({ url }: Advisory) => url.split('/').at(-1) ?? url;
  const ids = new Set(advisories.map(idOf));
  const excused = new Set(exceptions.filter(({ until }) => until >= today).map(({ advisory }) => advisory));
  return [
    ...advisories
      .filter((advisory) => !excused.has(idOf(advisory)))
      .map((advisory) => `${advisory.name}: ${advisory.title} (${advisory.severity}, ${advisory.url})`),
    ...exceptions
      .filter(({ advisory }) => !ids.has(advisory))
      .map(({ advisory, package: name }) => `${advisory} of ${name} is excused, and no longer there`),
  ];
}

function npmAudit(): Promise<string> {
  return new Promise((resolve) => {
    // Its exit code tells of holes; what it prints tells of which.
    execFile('npm', ['audit', '--json'], { cwd: ROOT, timeout: PATIENCE_MS }, (_, stdout) => resolve(stdout));
  });
}

async function run(): Promise<number> {
  const exceptions = exceptionSchema.array().parse(JSON.parse(readFileSync(EXCEPTIONS, 'utf8')));
  let advisories: Advisory[];
  try {
    advisories = advisoriesIn(JSON.parse(await npmAudit()));
  } catch {
    console.log('Skipped: this registry gives no audit, so nothing is known of holes in dependencies.');
    return 0;
  }
  const complaints = complaintsOf(advisories, exceptions, new Date().toISOString().slice(0, 10));
  for (const complaint of complaints) console.error(complaint);
  if (complaints.length === 0)
    console.log(`No hole without an exception; ${exceptions.length} exceptions, in ${EXCEPTIONS}.`);
  return complaints.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await run();
