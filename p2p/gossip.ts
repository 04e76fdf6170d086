import type { GossipSub, GossipsubMessage } from '@chainsafe/libp2p-gossipsub'
import { TopicValidatorResult } from '@libp2p/interface'
import type { Log } from '../execution/parallel/log.ts'
import { NetworkError } from './network-error.ts'
import type { NetworkLimits } from './options.ts'
import type { PeerBook } from './peer-book.ts'
import type { PeerScores } from './peer-scores.ts'

/** `reject`: it can never be valid, and whoever passed it on knew or could have known. `ignore`: anything else. */
export type Verdict = 'accept' | 'ignore' | 'reject'

/** Judges a message. `source` is the peer that passed it on. */
export type Validate = (data: Uint8Array, source: string) => Promise<Verdict>

const RESULTS: Readonly<Record<Verdict, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
}

interface Modules {
  readonly pubsub: Pick<
    GossipSub,
    'addEventListener' | 'subscribe' | 'publish' | 'reportMessageValidationResult' | 'getSubscribers'
  >
  readonly book: PeerBook
  readonly scores: PeerScores
  readonly log: Pick<Log, 'debug' | 'warn'>
}

/** Gossip by topic. A message is passed on once its validator has accepted it, not before. */
export class Gossip {
  readonly #limits: Pick<NetworkLimits, 'maxGossipBytes' | 'maxValidations'>
  readonly #modules: Modules
  readonly #validators = new Map<string, Validate>()
  #validations = 0

  constructor(limits: Pick<NetworkLimits, 'maxGossipBytes' | 'maxValidations'>, modules: Modules) {
    this.#limits = limits
    this.#modules = modules
    modules.pubsub.addEventListener('gossipsub:message', ({ detail }) => void this.#onMessage(detail))
    modules.pubsub.addEventListener('subscription-change', ({ detail }) => {
      const peer = modules.book.get(detail.peerId.toString())
      if (peer !== undefined) peer.hasGossiped = true
    })
  }

  subscribe(topic: string, validate: Validate): void {
    this.#validators.set(topic, validate)
    this.#modules.pubsub.subscribe(topic)
  }

  hasSubscribers(topic: string): boolean {
    return this.#modules.pubsub.getSubscribers(topic).length > 0
  }

  /**
   * Throws NetworkError `message-too-large`: a single frame over the limit makes the receiver close the stream, and
   * nothing more would reach it.
   */
  async publish(topic: string, data: Uint8Array): Promise<void> {
    const { maxGossipBytes } = this.#limits
    if (data.length > maxGossipBytes) {
      throw new NetworkError('message-too-large', 'too many bytes to be gossiped', {
        bytes: data.length,
        maxGossipBytes,
      })
    }
    await this.#modules.pubsub.publish(topic, data)
  }

  async #onMessage({ msgId, msg, propagationSource }: GossipsubMessage): Promise<void> {
    const source = propagationSource.toString()
    const verdict = await this.#judge(msg.topic, msg.data, source)
    if (verdict === 'reject') this.#modules.log.warn({ topic: msg.topic, peer: source }, 'gossip message rejected')
    // The source must be a string here: a PeerId is taken without complaint and scores nobody.
    this.#modules.pubsub.reportMessageValidationResult(msgId, source, RESULTS[verdict])
  }

  async #judge(topic: string, data: Uint8Array, source: string): Promise<Verdict> {
    const validate = this.#validators.get(topic)
    if (validate === undefined || this.#validations >= this.#limits.maxValidations) return 'ignore'
    if (data.length > this.#limits.maxGossipBytes) return 'reject'
    const peer = this.#modules.book.get(source)
    if (peer !== undefined && !(peer.gossipMessages.take(1) && peer.gossipBytes.take(data.length))) {
      this.#modules.scores.penalise(source, 'flooding')
      return 'ignore'
    }
    this.#validations++
    try {
      return await validate(data, source)
    } catch (error) {
      // Not the message's fault: what is wrong with a message is a verdict.
      this.#modules.log.warn({ topic, err: error }, 'gossip message not validated')
      return 'ignore'
    } finally {
      this.#validations--
    }
  }
}
