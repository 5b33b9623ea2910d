/** Published holes in dependencies are told, unless excused in writing and in time. */
import { expect, it } from 'vitest';
import { advisoriesIn, complaintsOf } from '../../../tools/audit.ts';

const hole = {
  source: 1,
  name: 'left',
  dependency: 'left',
  title: 'Reads too far',
  url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
  severity: 'high',
  range: '<2.0.0',
};
const report = {
  auditReportVersion: 2,
  vulnerabilities: { left: { name: 'left', via: [hole] }, pad: { name: 'pad', via: ['left', hole] } },
  metadata: {},
};
const excuse = {
  advisory: 'GHSA-aaaa-bbbb-cccc',
  package: 'left',
  why: 'Only reached by the build, on our own files.',
  until: '2026-12-31',
};

it('names each hole once', () => {
  expect(complaintsOf(advisoriesIn(report), [], '2026-11-22')).toEqual([
    'left: Reads too far (high, https://github.com/advisories/GHSA-aaaa-bbbb-cccc)',
  ]);
});

it('takes an exception until its day, and wants none for nothing', () => {
  expect(complaintsOf(advisoriesIn(report), [excuse], '2026-12-31')).toEqual([]);
  expect(complaintsOf(advisoriesIn(report), [excuse], '2027-01-01')).toHaveLength(1);
  expect(complaintsOf([], [excuse], '2026-11-22')).toEqual([
    'GHSA-aaaa-bbbb-cccc of left is excused, and no longer there',
  ]);
});

it('takes no error for a clean report', () => {
  expect(() => advisoriesIn({ message: '405 Method Not Allowed', statusCode: 405 })).toThrow();
});
