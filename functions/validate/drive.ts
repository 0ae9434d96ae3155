import { driveRun } from '../../shared/validation/drive-run.ts';
import type { Driven, DriveFrom, Slice } from '../../shared/validation/drive-run.ts';
import { createRunWork } from '../../shared/validation/run-work.ts';
import type { RunWorkDeps } from '../../shared/validation/run-work.ts';
import type { TakeSample } from '../../shared/validation/take-sample.ts';

/** Drives a run for a while, from what its caller knows of it. */
export type Drive = (run: string, slice: Slice, from?: DriveFrom) => Promise<Driven>;

/** What drives runs, with what takes their samples. */
export const createDrive = ({ takeSample, ...deps }: RunWorkDeps & { readonly takeSample: TakeSample }): Drive => {
  const work = { ...createRunWork(deps), takeSample };
  return (run, slice, from) => driveRun(work, run, slice, from);
};
