import { basename, join } from 'node:path';
import * as esbuild from 'esbuild';

/** A file of the project or of a package in a bundle; `path` from the root of the project. */
export type BundledFile = { readonly path: string; readonly bytes: number };

/** A file of a bundle and its source map as they are to be written, and what is in it. */
export type SplitFile = { readonly written: readonly esbuild.OutputFile[]; readonly inputs: readonly BundledFile[] };

/** How sources are read. */
export type Reading = Pick<esbuild.BuildOptions, 'define' | 'plugins' | 'mainFields'>;

/** An ES module as esbuild splits a bundle: what is loaded by itself, or what several of those have in common. */
type Piece = {
  readonly text: string;
  /** The source that is loaded by itself; none of what is only shared. */
  readonly source?: string;
  /** The pieces without which it cannot be evaluated. */
  readonly needs: readonly string[];
  /** Those that it may have loaded later. */
  readonly loads: readonly string[];
  readonly inputs: readonly BundledFile[];
};

/** By their paths from the root of the project. */
type Pieces = ReadonlyMap<string, Piece>;

/** What becomes of the pieces. */
type Plan = {
  readonly root: string;
  readonly folder: string;
  readonly pieces: Pieces;
  /** The function's own file has these, and lends some under a name of its exports. */
  readonly core: ReadonlySet<string>;
  readonly lent: ReadonlyMap<string, string>;
  /** These get files of their own, by name; whatever is left is put into each file that needs it. */
  readonly files: ReadonlyMap<string, string>;
};

/** To load one more file takes longer than to have so much in each of a few. */
const LEAST_SHARED_BYTES = 4_000;

const OWN = 'index.js';

const COMMON = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  minify: true,
  sourcesContent: false,
  legalComments: 'none',
  write: false,
  logLevel: 'silent',
} as const;

/**
 * Bundles `functions/<name>/index.ts` for `dist/<name>/index.js`, and what it imports dynamically for files beside it: V8
 * reads the whole of a file before it runs any of it. What such a file has in common with the function's own it takes from
 * there: nothing is compiled and evaluated twice. esbuild splits only ES modules, and a cold start needs CommonJS; so it
 * bundles twice, the second time what it has split.
 */
export const splitBundle = async (root: string, name: string, reading: Reading): Promise<readonly SplitFile[]> => {
  const folder = `dist/${name}`;
  const pieces = await takeApart(root, name, reading);
  const core = closureOf(pieces, `${folder}/${OWN}`, needed, () => true);
  const alone = await betterAlone(root, pieces, core, reading);
  const plan = planOf(root, folder, pieces, core, new Set(alone.keys()));
  return Promise.all(
    [...plan.files].map(([path, file]) => {
      const source = alone.get(path);
      return source === undefined
        ? putTogether(plan, path, file)
        : bundleAlone(root, `${folder}/${file}`, source, reading);
    }),
  );
};

const takeApart = async (root: string, name: string, reading: Reading): Promise<Pieces> => {
  const { outputFiles, metafile } = await esbuild.build({
    ...COMMON,
    ...reading,
    absWorkingDir: root,
    entryPoints: [{ in: `functions/${name}/index.ts`, out: `${name}/index` }],
    outdir: 'dist',
    chunkNames: `${name}/[name]-[hash]`,
    format: 'esm',
    splitting: true,
    metafile: true,
    sourcemap: 'inline',
  });
  const texts = new Map(outputFiles.map(({ path, text }) => [path, text]));
  const textOf = (path: string): string => {
    const text = texts.get(join(root, path));
    if (text === undefined) {
      throw new Error(`esbuild names ${path} among what it has made of functions/${name}, and does not give it`);
    }
    return text;
  };
  return new Map(
    Object.entries(metafile.outputs).map(([path, { entryPoint, imports, inputs }]) => [
      path,
      {
        text: textOf(path),
        ...(entryPoint !== undefined && { source: entryPoint }),
        needs: piecesOf(imports, 'import-statement'),
        loads: piecesOf(imports, 'dynamic-import'),
        inputs: filesOf(inputs),
      },
    ]),
  );
};

type Import = esbuild.Metafile['outputs'][string]['imports'][number];

const piecesOf = (imports: readonly Import[], kind: Import['kind']): readonly string[] =>
  imports.flatMap((one) => (one.kind === kind && one.external !== true ? [one.path] : []));

const filesOf = (inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>): readonly BundledFile[] =>
  Object.entries(inputs).map(([path, { bytesInOutput }]) => ({ path, bytes: bytesInOutput }));

const planOf = (
  root: string,
  folder: string,
  pieces: Pieces,
  core: ReadonlySet<string>,
  alone: ReadonlySet<string>,
): Plan => {
  const own = `${folder}/${OWN}`;
  // What only those load that are bundled by themselves is in them.
  const reached = closureOf(
    pieces,
    own,
    (piece, path) => (alone.has(path) ? [] : withLoaded(piece)),
    () => true,
  );
  const others = [...pieces].filter(([path]) => reached.has(path) && !core.has(path));
  const borrowed = [...core].filter((path) => others.some(([, { needs }]) => needs.includes(path)));
  return {
    root,
    folder,
    pieces,
    core,
    lent: new Map(borrowed.map((path, index) => [path, `lent${index}`])),
    files: numbered([
      [own, OWN],
      ...others
        .filter(([, { source, inputs }]) => source !== undefined || bytesOf(inputs) >= LEAST_SHARED_BYTES)
        .map(([path, piece]) => [path, fileName(path, piece)] as const),
    ]),
  };
};

const bytesOf = (inputs: readonly BundledFile[]): number => inputs.reduce((sum, { bytes }) => sum + bytes, 0);

const needed = ({ needs }: Piece): readonly string[] => needs;

const withLoaded = ({ needs, loads }: Piece): readonly string[] => [...needs, ...loads];

/** A piece and all that comes `next`, as far as that `isWanted`. */
const closureOf = (
  pieces: Pieces,
  first: string,
  next: (piece: Piece, path: string) => readonly string[],
  isWanted: (path: string) => boolean,
): ReadonlySet<string> => {
  const found = new Set([first]);
  for (const path of found) {
    const piece = pieces.get(path);
    (piece === undefined ? [] : next(piece, path)).filter(isWanted).forEach((one) => found.add(one));
  }
  return found;
};

/** The name of what is loaded; what is shared has that of the largest file in it. */
const fileName = (path: string, { source, inputs }: Piece): string => {
  const [largest] = [...inputs].sort((a, b) => b.bytes - a.bytes);
  return source !== undefined || largest === undefined
    ? basename(path).replace(/-[A-Z0-9]{8}\.js$/, '.js')
    : `shared-${basename(largest.path).replace(/\.\w+$/, '')}.js`;
};

/** Of several with one name all but the first have a number. */
const numbered = (named: readonly (readonly [string, string])[]): Plan['files'] => {
  const sameBefore = (name: string, index: number) =>
    named.slice(0, index).filter(([, other]) => other === name).length;
  return new Map(
    named.map(([path, name], index) => {
      const before = sameBefore(name, index);
      return [path, before === 0 ? name : name.replace(/\.js$/, `-${before + 1}.js`)];
    }),
  );
};

/**
 * What is better bundled by itself: it has little in common with others that have much with each other, so that it would have
 * more than twice as much read, now or later, as it needs. Gives the sources of those pieces.
 */
const betterAlone = async (
  root: string,
  pieces: Pieces,
  core: ReadonlySet<string>,
  reading: Reading,
): Promise<ReadonlyMap<string, string>> => {
  const found = [...pieces].map(async ([path, { source, inputs }]): Promise<readonly (readonly [string, string])[]> => {
    const read = closureOf(pieces, path, withLoaded, (other) => !core.has(other));
    const isTooMuch = (needs: readonly BundledFile[]) => bytesOf(needs) * 2 < bytesOf(inputsOf(pieces, read));
    // It cannot have less than what is only in it.
    if (core.has(path) || source === undefined || !isTooMuch(inputs)) {
      return [];
    }
    const { inputs: alone } = await bundleAlone(root, `dist/${basename(path)}`, source, reading);
    return isTooMuch(alone) ? [[path, source]] : [];
  });
  return new Map((await Promise.all(found)).flat());
};

const inputsOf = (pieces: Pieces, paths: ReadonlySet<string>): readonly BundledFile[] =>
  [...paths].flatMap((path) => pieces.get(path)?.inputs ?? []);

const COMMON_JS = {
  format: 'cjs',
  // The SDK imports node:http in its first call, dynamically: even a CommonJS bundle would evaluate all of it then.
  supported: { 'dynamic-import': false },
  // Stays behind when a function is packaged: reading it would cost a cold start 15 to 30 ms.
  sourcemap: 'linked',
} as const;

const bundleAlone = async (root: string, outfile: string, source: string, reading: Reading): Promise<SplitFile> => {
  const { outputFiles, metafile } = await esbuild.build({
    ...COMMON,
    ...COMMON_JS,
    ...reading,
    absWorkingDir: root,
    entryPoints: [source],
    outfile,
    metafile: true,
  });
  return { written: outputFiles, inputs: Object.values(metafile.outputs).flatMap(({ inputs }) => filesOf(inputs)) };
};

/** Names that no module has. */
const ENTRY = 'gatehouse:entry';
const LENDER = 'gatehouse:lender';

const putTogether = async (plan: Plan, path: string, file: string): Promise<SplitFile> => {
  const { root, folder, pieces, core, lent, files } = plan;
  const isOwn = file === OWN;
  const lends = isOwn ? [...lent].map(([piece, as]) => `export * as ${as} from './${basename(piece)}';`) : [];
  const { outputFiles } = await esbuild.build({
    ...COMMON,
    ...COMMON_JS,
    absWorkingDir: root,
    stdin: { contents: [`export * from '${ENTRY}';`, ...lends].join('\n'), resolveDir: root },
    outfile: `${folder}/${file}`,
    plugins: [pieced(plan, path)],
  });
  const isInside = isOwn ? () => true : (other: string) => !core.has(other) && !files.has(other);
  const inside = closureOf(pieces, path, needed, isInside);
  return { written: outputFiles, inputs: inputsOf(pieces, inside) };
};

/** Has esbuild read pieces, and leave out of a file what it takes from another one. */
const pieced = ({ root, folder, pieces, core, lent, files }: Plan, entry: string): esbuild.Plugin => ({
  name: 'pieces',
  setup: (build) => {
    const isOwn = core.has(entry);
    build.onResolve({ filter: /.*/ }, ({ path, kind }) => {
      if (path === ENTRY) {
        return { path: entry, namespace: 'piece' };
      }
      const piece = `${folder}/${basename(path)}`;
      if (path === LENDER || !path.startsWith('.') || !pieces.has(piece)) {
        return { path: path === LENDER ? `./${OWN}` : path, external: true };
      }
      if (core.has(piece)) {
        return isOwn ? { path: piece, namespace: 'piece' } : { path: piece, namespace: 'lent', sideEffects: false };
      }
      const other = files.get(piece);
      return other !== undefined || kind === 'dynamic-import'
        ? { path: `./${other ?? basename(piece)}`, external: true }
        : { path: piece, namespace: 'piece' };
    });
    build.onLoad({ filter: /.*/, namespace: 'piece' }, ({ path }) => ({
      contents: pieces.get(path)?.text ?? '',
      resolveDir: join(root, folder),
    }));
    build.onLoad({ filter: /.*/, namespace: 'lent' }, ({ path }) => ({
      contents: `module.exports = require('${LENDER}').${lent.get(path) ?? ''};`,
    }));
  },
});
