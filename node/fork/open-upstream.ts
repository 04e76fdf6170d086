import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Settings } from '../../config/settings.ts'
import { decodeHeader, encodeHeader, headerHash } from '../../primitives/header.ts'
import { bytesToHex, quantityToHex } from '../../primitives/hex.ts'
import { StorageError } from '../../storage/storage-error.ts'
import { CommandError } from '../command-error.ts'
import { AnswerCache } from './answer-cache.ts'
import { bytes, quantity } from './schemas.ts'
import { type LocatedBlock, locateBlock, Upstream } from './upstream.ts'
import { UpstreamClient } from './upstream-client.ts'

export interface UpstreamAddress {
  /** http or https. */
  readonly url: string
  /** `undefined`: the newest block that there is. */
  readonly block: bigint | undefined
}

export type ForkSettings = Settings['fork']

const MEGABYTE = 1 << 20

/** Throws CommandError `invalid-fork` for an address that is none. */
export function openClient(url: string, settings: ForkSettings): UpstreamClient {
  try {
    return new UpstreamClient({ ...settings, url })
  } catch {
    // The address may hold a secret.
    throw new CommandError('invalid-fork', 'a chain is forked by the http(s) URL of a node')
  }
}

/**
 * Finds the block of the other chain, and what was read of it in earlier runs. A block that was asked for by number is found there
 * too, when the upstream cannot be reached. Rejects with StorageError `upstream-failed`, CommandError `invalid-fork`.
 */
export async function openUpstream({ url, block }: UpstreamAddress, settings: ForkSettings): Promise<Upstream> {
  const client = openClient(url, settings)
  try {
    const located = await locate(client, { url, block }, settings.cache)
    const { chainId, number, hash } = located.point
    const file = join(settings.cache, String(chainId), `${number}-${hash}.jsonl`)
    forgetOldest(settings.cache, settings.cacheTotalMegabytes * MEGABYTE, file)
    const answers = new AnswerCache({ file, maxBytes: settings.cacheMegabytes * MEGABYTE })
    return new Upstream(located, { client, answers })
  } catch (error) {
    client.close()
    throw error
  }
}

async function locate(client: UpstreamClient, { url, block }: UpstreamAddress, cache: string): Promise<LocatedBlock> {
  const fileOf = (number: bigint): string => {
    // The address may hold a secret, and is not written down.
    const name = createHash('sha256').update(url).digest('hex').slice(0, 32)
    return join(cache, 'located', `${name}-${number}.json`)
  }
  try {
    const located = await locateBlock(client, block)
    write(fileOf(located.point.number), located)
    return located
  } catch (error) {
    // And not of use in another way.
    const isAway = error instanceof StorageError && 'method' in error.details
    const known = isAway && block !== undefined ? read(fileOf(block)) : undefined
    if (known === undefined) throw error
    return known
  }
}

/** Deletes files that were used longest ago until the others are not too large together, and notes that this one is used. */
function forgetOldest(cache: string, maxBytes: number, used: string): void {
  try {
    const now = new Date()
    if (existsSync(used)) utimesSync(used, now, now)
    const files = readdirSync(cache, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.jsonl?$/.test(name))
      .map((name) => ({ path: join(cache, name), ...statSync(join(cache, name)) }))
      .sort((a, b) => b.mtimeMs - a.mtimeMs)
    let bytes = 0
    for (const { path, size } of files) {
      bytes += size
      if (bytes > maxBytes && path !== used) rmSync(path, { force: true })
    }
  } catch {
    // There is none yet, or another process is at it.
  }
}

const located = z.object({
  chainId: quantity(64),
  header: bytes,
  reference: z.union([z.string(), z.object({ blockHash: z.string() })]),
})

function write(file: string, { point, header, reference }: LocatedBlock): void {
  const content = { chainId: quantityToHex(point.chainId), header: bytesToHex(encodeHeader(header)), reference }
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify(content))
  } catch {
    // It is there for a time when the upstream is not; this run does without.
  }
}

function read(file: string): LocatedBlock | undefined {
  try {
    const { chainId, header: encoded, reference } = located.parse(JSON.parse(readFileSync(file, 'utf8')))
    const header = decodeHeader(encoded)
    const point = { chainId, number: header.number, hash: headerHash(header) }
    return { point, header, reference: typeof reference === 'string' ? reference : { blockHash: point.hash } }
  } catch {
    return undefined
  }
}
