// Plain JavaScript: to load one file of TypeScript that no compile cache knows takes 30 ms. To import `node:fs` takes 4 ms: all
// that it exports is read, for which streams are loaded.
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, with its types beside it.
import { bundlesFolder, lastBundle } from './find-bundle.mjs'

const { close, fstatSync, openSync, read, readFileSync, renameSync, writeFileSync } =
  process.getBuiltinModule('node:fs')
const { createRequire, SourceMap } = process.getBuiltinModule('node:module')
const { dirname, join } = process.getBuiltinModule('node:path')
const { pathToFileURL } = process.getBuiltinModule('node:url')
const { Script } = process.getBuiltinModule('node:vm')

const ROOT = dirname(dirname(import.meta.dirname))

/** After the node is up, which is soon after the first answers: what has not run by then need not be ready at the next start. */
const DELAY_MS = 500

/**
 * Runs this process's command line from a bundle of the sources below `root`; from the sources, where there is none of them as
 * they are, which has one made for the next time.
 */
export async function runBundled(root = ROOT, folder = bundlesFolder(root)) {
  const bundle = lastBundle(root, folder)
  const reading = bundle && readBundle(bundle.path)
  // While they are read.
  const isCurrent = bundle?.isCurrent()
  const { text, compiled } = (isCurrent && (await reading)) || {}
  if (text === undefined) {
    setTimeout(makeInBackground, DELAY_MS, root).unref()
    await import('../main.ts')
    return
  }
  // For the threads.
  process.env.NODE_COMPILE_CACHE ??= join(bundle.path, 'compiled')
  const file = scriptFile(bundle.path)
  showSources(file)
  const { load, keepCompiled } = loadScript(file, text, compiled)
  const { runCommandLine } = load(createRequire(join(root, 'package.json')), pathToFileURL(file).href)
  await runCommandLine(process.argv)
  setTimeout(keepCompiled, DELAY_MS).unref()
}

function scriptFile(bundle) {
  return join(bundle, 'cli.js')
}

/** Where a bundle keeps code that this version of Node has compiled. */
export function compiledFile(bundle) {
  return join(bundle, `cli-${process.version}-${process.arch}.bin`)
}

async function readBundle(bundle) {
  const [text, compiled] = await Promise.all([scriptFile(bundle), compiledFile(bundle)].map(readInThread))
  return { text, compiled }
}

/** With one visit to another thread. To read both here takes 5 ms. */
function readInThread(file) {
  return new Promise((resolve) => {
    try {
      const descriptor = openSync(file)
      const bytes = Buffer.allocUnsafeSlow(fstatSync(descriptor).size)
      read(descriptor, bytes, 0, bytes.length, 0, (error, length) => {
        close(descriptor)
        resolve(error === null && length === bytes.length ? bytes : undefined)
      })
    } catch {
      resolve(undefined)
    }
  })
}

/** The value of a script, and what keeps all its code that is compiled by then in its file, where there is none to take it from. */
function loadScript(filename, text, cachedData) {
  // All of it is ASCII.
  const script = new Script(text.latin1Slice(), { filename, cachedData })
  const isKept = cachedData !== undefined && !script.cachedDataRejected
  return {
    load: script.runInThisContext(),
    keepCompiled: () => isKept || writeWhole(compiledFile(dirname(filename)), script.createCachedData()),
  }
}

/**
 * Stack traces name places in the sources of a script, and functions as they do. Its map is read when the first one is shown: with
 * Node's `--enable-source-maps` each start takes 10 ms longer.
 */
function showSources(file) {
  let map
  let lines
  const inSource = (frame) => {
    const text = String(frame)
    if (frame.getFileName() !== file) return text
    map ??= new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')))
    lines ??= readFileSync(file, 'latin1').split('\n')
    const { originalSource, originalLine, originalColumn } = map.findEntry(
      frame.getLineNumber() - 1,
      frame.getColumnNumber() - 1,
    )
    if (originalSource === undefined) return text
    const place = `${join(dirname(file), originalSource)}:${originalLine + 1}:${originalColumn + 1}`
    const name = nameOf(frame)
    const [how] = /^(?:async |new )*/.exec(text)
    return name === undefined ? how + place : `${how}${name} (${place})`
  }
  /** Of the function that the frame is of: it stands where that begins, unless it is a property, which keeps its name. */
  const nameOf = (frame) => {
    const short = frame.getFunctionName()
    if (short === null) return undefined
    const line = frame.getEnclosingLineNumber() - 1
    const column = lines[line].lastIndexOf(short, frame.getEnclosingColumnNumber() + 'async function* '.length)
    return (column >= 0 && map.findEntry(line, column).name) || short
  }
  Error.prepareStackTrace = (error, frames) => {
    let stack = headOf(error)
    for (const frame of frames) stack += `\n    at ${inSource(frame)}`
    return stack
  }
}

function headOf(error) {
  try {
    return Error.prototype.toString.call(error)
  } catch {
    return '<error>'
  }
}

function writeWhole(file, bytes) {
  try {
    const scratch = `${file}.${process.pid}`
    writeFileSync(scratch, bytes)
    renameSync(scratch, file)
  } catch {
    // It is slower without.
  }
}

async function makeInBackground(root) {
  const { spawn } = await import('node:child_process')
  const child = spawn(process.execPath, [join(import.meta.dirname, 'make-in-background.ts')], {
    cwd: root,
    detached: true,
    stdio: 'ignore',
  })
  // The next time, maybe.
  child.on('error', () => {})
  child.unref()
}
