import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './command.ts';
import { createScratchCopy, sideBySide } from './scratch-copy.ts';

describe('a scratch copy', () => {
  it('is the repository, may be broken, and leaves nothing behind', async () => {
    const copy = await createScratchCopy();
    try {
      const before = await readFile(join(ROOT, 'shared/log.ts'), 'utf8');
      expect(await readFile(join(copy.root, 'shared/log.ts'), 'utf8')).toBe(before);
      await writeFile(join(copy.root, 'shared/log.ts'), 'broken');
      expect(await readFile(join(ROOT, 'shared/log.ts'), 'utf8')).toBe(before);
      await expect(stat(join(copy.root, '.git'))).rejects.toThrow('ENOENT');
    } finally {
      await copy.remove();
    }
    await expect(stat(copy.root)).rejects.toThrow('ENOENT');
  });

  it('runs a program where it is, and tells how it ended', async () => {
    const copy = await createScratchCopy();
    try {
      const script = 'console.log(process.cwd()); console.error("oh"); process.exit(3)';
      expect(await copy.run(process.execPath, ['-e', script])).toEqual({
        code: 3,
        stdout: `${copy.root}\n`,
        stderr: 'oh\n',
      });
    } finally {
      await copy.remove();
    }
  });
});

describe('work side by side', () => {
  it('is done so many at a time, and told in order', async () => {
    let running = 0;
    let most = 0;
    const doubled = await sideBySide([3, 1, 2, 5, 4], 2, async (n) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => {
        setTimeout(resolve, 2 * n);
      });
      running -= 1;
      return 2 * n;
    });
    expect({ doubled, most }).toEqual({ doubled: [6, 2, 4, 10, 8], most: 2 });
  });
});
