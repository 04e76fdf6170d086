import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { readTar, type TarEntry } from './tar.ts'

/** A file of vectors: one in the folder, or a member of an archive in it. */
export interface VectorFile {
  /** Below the folder, with slashes; of a member the archive's path, a colon, and its own. */
  readonly path: string
  /** Of the content, unpacked where it is packed. */
  readonly size: number
}

/** What a file holds. */
export interface VectorContent {
  readonly path: string
  readonly bytes: Uint8Array
  /** The content as JSON; `undefined` if it is none. */
  readonly json: unknown
  /** The content of the file of that name in the same folder of the folder of vectors; `undefined` if there is none. */
  sibling(name: string): Uint8Array | undefined
  /** The paths of all files in folders below its own, relative to that, in order; none for a member of an archive. */
  below(): readonly string[]
  /** Where the file of that name in the same folder is on disk, or would be. */
  file(name: string): string
}

const ARCHIVE = /\.(tar\.gz|tgz)$/
const MEMBER_SEPARATOR = ':'

/** With slashes, in order. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath !== directory)
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join(posix.sep))
    .sort()
}

/** Every file of the folder and of the archives in it, whichever these are, by path. */
export function listVectorFiles(directory: string): VectorFile[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .flatMap((path) => {
      const name = relative(directory, path).split(sep).join(posix.sep)
      if (!ARCHIVE.test(name)) return [{ path: name, size: statSync(path).size }]
      return [...readTar(path)].map((member) => {
        return { path: `${name}${MEMBER_SEPARATOR}${member.name}`, size: member.bytes.length }
      })
    })
}

/** Reads files of vectors. The archive read last stays unpacked in memory: files are asked for one archive after another. */
export class VectorReader {
  readonly #directory: string
  #archive: { readonly name: string; readonly members: ReadonlyMap<string, TarEntry> } | undefined

  constructor(options: { readonly directory: string }) {
    this.#directory = options.directory
  }

  /** Throws when the file is not there. */
  read(path: string): VectorContent {
    const bytes = this.#bytes(path)
    const directory = dirname(join(this.#directory, path))
    return {
      path,
      bytes,
      json: path.includes('.json') ? JSON.parse(new TextDecoder().decode(bytes)) : undefined,
      sibling: (name) => {
        const sibling = join(directory, name)
        return existsSync(sibling) ? new Uint8Array(readFileSync(sibling)) : undefined
      },
      below: () => (existsSync(directory) ? filesBelow(directory) : []),
      file: (name) => join(directory, name),
    }
  }

  #bytes(path: string): Uint8Array {
    const [file = path, member] = path.split(MEMBER_SEPARATOR)
    if (member !== undefined) return this.#member(file, member)
    const bytes = readFileSync(join(this.#directory, file))
    return new Uint8Array(file.endsWith('.gz') ? gunzipSync(bytes) : bytes)
  }

  #member(name: string, member: string): Uint8Array {
    if (this.#archive?.name !== name) {
      const members = [...readTar(join(this.#directory, name))].map((entry) => [entry.name, entry] as const)
      this.#archive = { name, members: new Map(members) }
    }
    const entry = this.#archive.members.get(member)
    if (entry === undefined) throw new Error(`${name} has no member ${member}`)
    return entry.bytes
  }
}
