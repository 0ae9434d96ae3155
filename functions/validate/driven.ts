// One file beside the function's own: what drives runs, and the doors that do so while somebody waits for the answer, are made
// of the same parts.
export { createDrive } from './drive.ts';
export { createEcsDoor } from './ecs-door.ts';
export { createJobDoor } from './job-door.ts';
