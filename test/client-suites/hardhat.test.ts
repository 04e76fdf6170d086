import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startDevNode } from '../support/dev-node.ts'
import { runProgram } from '../support/run-program.ts'
import { followGuide } from './support/guide.ts'

const PROJECTS = join(import.meta.dirname, '..', 'projects')

interface Project {
  readonly name: string
  readonly page: string
  readonly cli: string
  readonly passing: RegExp
}

const EACH: readonly Project[] = [
  {
    name: 'hardhat-2',
    page: 'docs/clients/hardhat-2.md',
    cli: 'hardhat/internal/cli/cli.js',
    passing: /12 passing/,
  },
  {
    name: 'hardhat-3',
    page: 'docs/clients/hardhat.md',
    cli: 'hardhat/dist/src/cli.js',
    passing: /11 passing/,
  },
]

/** Installs what the lock file names, once. @returns why that cannot be */
function install({ name }: Project): string | undefined {
  const folder = join(PROJECTS, name)
  const stamp = join(folder, 'node_modules', '.installed')
  const wanted = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=1']
    const { status, stderr } = spawnSync('npm', flags, { cwd: folder, encoding: 'utf8', timeout: 240_000 })
    if (status !== 0) return `npm ci in test/projects/${name} failed: ${String(stderr).slice(0, 500)}`
    writeFileSync(stamp, wanted)
  }
  try {
    // npm leaves it out where it is run by a Node that Hardhat does not support.
    createRequire(join(folder, 'package.json'))('@nomicfoundation/edr')
    return undefined
  } catch {
    return 'Hardhat is not whole: npm ran under a Node that it does not support'
  }
}

for (const project of EACH) {
  const { name, page, cli, passing } = project
  test(name, { timeout: 400_000 }, async (context) => {
    const why = install(project)
    if (why !== undefined) {
      context.skip(why)
      return
    }
    const packages = join(PROJECTS, name, 'node_modules')
    const place = mkdtempSync(join(tmpdir(), 'pavm-hardhat-'))
    context.after(() => rmSync(place, { recursive: true, force: true }))

    await context.test('the tests of the project pass', async () => {
      // A copy: Hardhat writes beside its sources.
      const cwd = join(place, 'project')
      cpSync(join(PROJECTS, name), cwd, { recursive: true, filter: (from) => !from.includes('node_modules') })
      symlinkSync(packages, join(cwd, 'node_modules'))
      await using node = await startDevNode('--quiet')
      const env = { ...process.env, RPC_URL: node.url, HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true', CI: 'true' }
      const written = await runProgram(process.execPath, [join(packages, cli), 'test'], { cwd, env })
      assert.match(written, passing)
      // By console.log, in a transaction.
      await node.command.until(/^0x[0-9a-fA-F]{40} withdraws 1000000000000000000 wei$/m)
    })

    await context.test(`${page}: its project works, and writes what it says`, async () => {
      const directory = mkdtempSync(join(place, 'guide-'))
      await using node = await startDevNode('--quiet')
      await followGuide(page, directory, { packages, url: node.url })
    })
  })
}
