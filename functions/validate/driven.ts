// One file beside the function's own: what drives runs, the doors that do so while somebody waits for the answer, and what
// watches traffic are made of the same parts.
export { createBake } from './bake.ts';
export { createDrive } from './drive.ts';
export { createEcsDoor } from './ecs-door.ts';
export { createJobDoor } from './job-door.ts';
