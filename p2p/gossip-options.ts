import { createHash } from 'node:crypto'
import type { GossipsubOpts } from '@chainsafe/libp2p-gossipsub'
import { createTopicScoreParams, type TopicScoreParams } from '@chainsafe/libp2p-gossipsub/score'
import type { NetworkLimits } from './options.ts'
import { blocksTopic, type ChainIdentity, transactionsTopic } from './protocol-names.ts'

/**
 * Below these scores a peer gets no gossip from us, gets none of our own messages, and is not listened to. It is cut off
 * at `CUT_OFF_SCORE`.
 */
const THRESHOLDS = {
  gossipThreshold: -40,
  publishThreshold: -60,
  graylistThreshold: -90,
  acceptPXThreshold: 1000,
  opportunisticGraftThreshold: 1,
}

/** A peer with this score or less is disconnected and refused for a while. */
export const CUT_OFF_SCORE = -100

/** What a topic can add to a score at most, so that nobody earns a licence to cheat. */
const TOPIC_SCORE_CAP = 10

/** Bytes of protobuf around a message. */
const ENVELOPE_BYTES = 1024
/** Bytes of messages in one frame: gossipsub may put several together. */
const MESSAGES_PER_FRAME = 4

/**
 * Rejected messages count, and squared: the third within some minutes costs the connection (3² · 12 > 100). Missing
 * deliveries do not count: on a quiet devnet there may be nothing to deliver.
 */
const TOPIC_SCORE: TopicScoreParams = createTopicScoreParams({
  topicWeight: 1,
  timeInMeshWeight: 0.01,
  timeInMeshQuantum: 1000,
  timeInMeshCap: 300,
  firstMessageDeliveriesWeight: 0.1,
  firstMessageDeliveriesDecay: 0.9,
  firstMessageDeliveriesCap: 50,
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  invalidMessageDeliveriesWeight: -12,
  // Half of it is forgotten after two minutes.
  invalidMessageDeliveriesDecay: 0.994,
})

/**
 * gossipsub as this network uses it. Messages carry no author and no signature: blocks and transactions prove themselves,
 * and equal ones are one message whoever published it.
 */
export function gossipOptions(
  chain: ChainIdentity,
  { maxGossipBytes }: Pick<NetworkLimits, 'maxGossipBytes'>,
  score: (peer: string) => number,
): Partial<GossipsubOpts> {
  const topics = [blocksTopic(chain), transactionsTopic(chain)]
  return {
    globalSignaturePolicy: 'StrictNoSign',
    msgIdFn: ({ topic, data }) => messageId(topic, data),
    allowedTopics: topics,
    fallbackToFloodsub: false,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    emitSelf: false,
    // What a node makes itself goes to all its peers at once: a block is late with every hop.
    floodPublish: true,
    asyncValidation: true,
    // Small networks: nodes of a devnet all know each other.
    D: 6,
    Dlo: 3,
    Dhi: 10,
    Dout: 2,
    // In heartbeats of a second: a block may be validated this long and still be passed on.
    mcacheLength: 12,
    mcacheGossip: 4,
    maxInboundDataLength: MESSAGES_PER_FRAME * (maxGossipBytes + ENVELOPE_BYTES),
    maxOutboundBufferSize: 16 * MESSAGES_PER_FRAME * maxGossipBytes,
    decodeRpcLimits: {
      maxSubscriptions: 16,
      maxMessages: 1024,
      maxIhaveMessageIDs: 5000,
      maxIwantMessageIDs: 5000,
      maxIdontwantMessageIDs: 1024,
      maxControlMessages: 1024,
      maxPeerInfos: 16,
    },
    scoreThresholds: THRESHOLDS,
    scoreParams: {
      topics: Object.fromEntries(topics.map((topic) => [topic, TOPIC_SCORE])),
      topicScoreCap: TOPIC_SCORE_CAP,
      appSpecificScore: score,
      appSpecificWeight: 1,
      // The nodes of a local testnet share an address.
      IPColocationFactorWeight: 0,
      IPColocationFactorThreshold: 1,
      behaviourPenaltyWeight: -1,
      behaviourPenaltyThreshold: 6,
      behaviourPenaltyDecay: 0.99,
    },
  }
}

const MESSAGE_ID_BYTES = 20

/** SHA-256 because Node has it natively. */
function messageId(topic: string, data: Uint8Array): Uint8Array {
  return createHash('sha256').update(topic).update(data).digest().subarray(0, MESSAGE_ID_BYTES)
}
