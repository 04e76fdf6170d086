import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { aboutNode, documentBlocks, documentedOutput } from '../../support/document-blocks.ts'
import { runProgram } from '../../support/run-program.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const MAIN = join(ROOT, 'node', 'main.ts')

/** Where the commands of a page are run. */
export interface GuideOptions {
  /** With the packages that the page has installed. */
  readonly packages: string
  /** Of the node that the page starts. */
  readonly url: string
}

/**
 * Does what a page tells its reader to do, in an empty directory: writes the blocks that name a file (several of one name
 * are one file), and runs the commands in order. Asserts that all that the page shows as output comes, in its order.
 */
export async function followGuide(document: string, directory: string, options: GuideOptions): Promise<void> {
  const { packages, url } = options
  symlinkSync(packages, join(directory, 'node_modules'))
  const blocks = documentBlocks(document)
  const files = Map.groupBy(
    blocks.filter(({ file }) => file !== undefined),
    ({ file }) => file as string,
  )
  for (const [file, parts] of files) {
    mkdirSync(dirname(join(directory, file)), { recursive: true })
    const text = parts.map((part) => part.text).join('\n')
    writeFileSync(join(directory, file), aboutNode(text, url))
  }
  const commands = blocks.filter(({ language }) => language === 'sh').flatMap(({ text }) => text.trimEnd().split('\n'))
  let written = ''
  for (const command of commands) written += await run(command, directory, packages)
  let from = 0
  for (const line of documentedOutput(document)) {
    const at = written.indexOf(line.trim(), from)
    assert.notEqual(at, -1, `${document} shows "${line}", but there was\n${written}`)
    from = at + line.trim().length
  }
}

/** One command of a page, as its reader runs it. @returns what it wrote */
async function run(command: string, directory: string, packages: string): Promise<string> {
  const [program = '', ...args] = command.split(/ #/)[0]!.trim().split(/\s+/)
  const env = { ...process.env, HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true', CI: 'true', NO_COLOR: '1' }
  const node = (...parts: string[]) => runProgram(process.execPath, parts, { cwd: directory, env })
  if (program === 'npm' && args[0] === 'install') {
    for (const name of args.slice(1).filter((each) => !each.startsWith('-'))) {
      const plain = name.replace(/(?<!^)@[^/]*$/, '')
      assert.ok(existsSync(join(packages, plain, 'package.json')), `${plain} is not among the packages of the test`)
    }
    return ''
  }
  if (program === 'npm') return await runProgram('npm', args, { cwd: directory, env })
  if (program === 'node') return await node(...args)
  const [name = '', ...rest] = args
  assert.equal(program, 'npx', `nobody runs "${command}"`)
  // It runs already.
  if (name === 'pavm' && rest[0] === 'dev') return ''
  return await node(name === 'pavm' ? MAIN : executable(packages, name), ...rest)
}

/** The program that `npx` would run. */
function executable(packages: string, name: string): string {
  const { bin } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) as {
    bin: string | Record<string, string>
  }
  const path = typeof bin === 'string' ? bin : bin[name]
  assert.ok(path !== undefined, name)
  return join(packages, name, path)
}
