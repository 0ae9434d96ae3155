import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { oneAtATime } from '../../../local/template/one-at-a-time.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('oneAtATime', () => {
  it('lets nobody begin before who had begun is done, and leaves nothing behind', async () => {
    const story: string[] = [];
    const work = (name: string) =>
      oneAtATime(join(folder, 'busy'), async () => {
        story.push(`${name} begins`);
        await wait(20);
        story.push(`${name} ends`);
        return name;
      });
    expect(await Promise.all([work('one'), work('other')])).toEqual(['one', 'other']);
    const [first] = story;
    const [one, other] = first === 'one begins' ? ['one', 'other'] : ['other', 'one'];
    expect(story).toEqual([`${one} begins`, `${one} ends`, `${other} begins`, `${other} ends`]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('gives way when the work fails', async () => {
    const path = join(folder, 'busy');
    await expect(oneAtATime(path, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await oneAtATime(path, () => Promise.resolve('done'))).toBe('done');
  });

  it('waits for nobody who has not been heard of for a quarter of a minute', async () => {
    const path = join(folder, 'busy');
    await mkdir(path);
    const before = new Date(Date.now() - 16_000);
    await utimes(path, before, before);
    expect(await oneAtATime(path, () => Promise.resolve('done'))).toBe('done');
  });

  it('says so when there is nowhere to wait', async () => {
    await expect(oneAtATime(join(folder, 'no', 'busy'), () => Promise.resolve('done'))).rejects.toThrow('ENOENT');
  });
});
