import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type DevNode, startDevNode } from '../../support/dev-node.ts'
import { CHECKS } from './checks.ts'
import { makeScene, type Scene } from './scene.ts'

export type Transport = 'HTTP' | 'WebSocket'

/** Asks through a client for a method by its name. Rejects with an error that has the node's code and message somewhere. */
export type Ask = <T = unknown>(method: string, ...params: unknown[]) => Promise<T>

/** A client of one transport, ready to ask. */
export interface Connected<Client> {
  readonly client: Client
  readonly ask: Ask
  close(): unknown
}

/** Makes one for a URL of its transport, which tells of each method that goes out. */
export type Connect<Client> = (url: string, tell: (method: string) => void) => Promise<Connected<Client>>

/** What a test of a client has. */
export interface Surroundings<Client> {
  readonly client: Client
  readonly ask: Ask
  readonly scene: Scene
  readonly node: DevNode
  /** As the client has it. */
  readonly url: string
}

/**
 * A client before a node of its own, for the tests of one `describe`. Each begins with the same scene, and what they send is noted,
 * so that `coverTable` knows what is missing.
 */
export class Site<Client> {
  readonly #transport: Transport
  /** By the test that runs. */
  readonly #sent = new Set<string>()
  readonly #covered = new Set<string>()
  #node: DevNode | undefined
  #connected: Connected<Client> | undefined
  #scene: Scene | undefined

  constructor(transport: Transport, connect: Connect<Client>) {
    this.#transport = transport
    before(async () => {
      this.#node = await startDevNode('--quiet')
      this.#scene = await makeScene(this.#node)
      this.#connected = await connect(this.#url, (method) => this.#sent.add(method))
    })
    after(async () => {
      await this.#connected?.close()
      await this.#node?.[Symbol.asyncDispose]()
    })
  }

  /** A test that covers these methods (names with blanks between them): it must send them through the client. */
  uses(methods: string, run: (surroundings: Surroundings<Client>) => Promise<unknown>): () => Promise<void> {
    const names = methods.split(' ')
    return async () => {
      this.#sent.clear()
      await this.#inScene(run)
      const unsent = names.filter((name) => !this.#sent.has(name))
      assert.deepEqual(unsent, [], 'methods that were not sent')
      for (const name of names) this.#covered.add(name)
    }
  }

  /** Tests of what no test before them covers, by name; and that nothing of the node is left out then. So these come last. */
  coverTable(): void {
    test('every other method, by its name', async (context) => {
      const rest = CHECKS.flatMap(([methods, check]) => methods.split(' ').map((name) => [name, check] as const))
      for (const [name, check] of rest.filter(([each]) => !this.#covered.has(each))) {
        await context.test(
          name,
          this.uses(name, ({ ask, scene }) => check(ask, name, scene, this.#transport)),
        )
      }
    })

    test('no method of the node is left out', async () => {
      const document = await this.#present.node.request<{ methods: { name: string }[] }>('rpc.discover')
      assert.deepEqual([...this.#covered].sort(), document.methods.map(({ name }) => name).sort())
    })
  }

  get #url(): string {
    const { url } = this.#node!
    return this.#transport === 'HTTP' ? url : url.replace('http', 'ws')
  }

  get #present(): Surroundings<Client> {
    return { ...this.#connected!, scene: this.#scene!, node: this.#node!, url: this.#url }
  }

  /** Whatever it changes is undone. */
  async #inScene(run: (surroundings: Surroundings<Client>) => Promise<unknown>): Promise<void> {
    const { node } = this.#present
    const snapshot = await node.request('evm_snapshot')
    try {
      await run(this.#present)
    } finally {
      await node.request('evm_setAutomine', true)
      if (!(await node.request('evm_revert', snapshot))) this.#scene = await makeScene(node)
    }
  }
}
