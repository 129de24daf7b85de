// A channel of Otklik: sends what citizens say, delivers what they are told, and says what became of it.
//
//   node channel.js send CONVERSATION TEXT [ID [ATTACHMENT ...]]
//   node channel.js verdict CONVERSATION confirmed|reopened|withdrawn [RATING]
//   node channel.js listen

import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { compatibilityPartitioner, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'

const MESSAGE = 'channel.message.received.v1'
const VERDICT = 'channel.verdict.received.v1'
const RECEIPT = 'channel.notice.delivered.v1'
const NOTICES = ['channel.notice.issued.v1', 'channel.proposal_notice.issued.v1']
const REJECTION = 'channel.record.rejected.v1'
const COMMITTED_ALONE = 1

// What channel.env says; the environment goes before it.
function settings () {
  const file = process.env.CHANNEL_ENV ?? new URL('../channel.env', import.meta.url)
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  const pairs = lines.filter(line => line.includes('=') && !line.startsWith('#')).map(line => {
    const at = line.indexOf('=')
    return [line.slice(0, at), line.slice(at + 1).trim().replace(/^['"]|['"]$/g, '')]
  })
  return { ...Object.fromEntries(pairs), ...process.env }
}

const given = settings()
const access = {
  clientId: given.OTKLIK_KAFKA_USER,
  bootstrapBrokers: given.OTKLIK_KAFKA_BOOTSTRAP.split(','),
  sasl: {
    mechanism: given.OTKLIK_KAFKA_MECHANISM,
    username: given.OTKLIK_KAFKA_USER,
    password: given.OTKLIK_KAFKA_PASSWORD
  },
  ...(given.OTKLIK_KAFKA_PROTOCOL === 'SASL_SSL' && {
    tls: given.OTKLIK_KAFKA_CA ? { ca: readFileSync(given.OTKLIK_KAFKA_CA) } : {},
    tlsServerName: true
  })
}
const producer = new Producer({
  ...access,
  idempotent: true,
  acks: -1,
  serializers: stringSerializers,
  // Java's, so that a conversation stays on its partition whatever program sends.
  partitioner: compatibilityPartitioner
})

// Returns when the broker has the record; throws when it does not take it.
async function publish (topic, type, key, id, body) {
  const headers = {
    'ce_specversion': '1.0',
    'ce_type': type,
    'ce_id': id,
    'ce_source': given.OTKLIK_CHANNEL,
    'content-type': 'application/json'
  }
  await producer.send({ messages: [{ topic, key, value: JSON.stringify(body), headers }] })
}

// What a citizen said: the key is the conversation, ce_id your own id of it.
async function said (type, conversation, body, id = randomUUID()) {
  await publish(given.OTKLIK_INBOUND, type, conversation, id, {
    'conversation': conversation,
    'contact': { 'address': `${conversation || 'ann'}@example.org` },
    'sent_at': given.EXAMPLE_SENT_AT || new Date().toISOString(),
    ...body
  })
  console.log(`sent ${id}`)
}

// A message; `files` are names that the edge gave for files.
async function send (conversation, text, id, ...files) {
  const place = { 'lat': Number(given.EXAMPLE_LAT), 'lon': Number(given.EXAMPLE_LON) }
  const body = { 'text': text, 'category': given.EXAMPLE_CATEGORY, 'place': place, 'attachments': files }
  await said(MESSAGE, conversation, body, id)
}

// Bring a notice to the citizen: put your own sending here. Returns why it failed, null when it did not.
// It may come twice, after a crash for instance: its ce_id tells a repeat.
async function deliver (notice) {
  console.log(`notice ${notice.kind ?? notice.notice} ${notice.reference}: ${notice.text}`)
  return notice.contact.address.startsWith('nowhere') ? 'no such address' : null
}

// Deliver a notice and say what became of it, or show what was not taken.
async function handle (record) {
  const type = record.headers.get('ce_type')
  if (NOTICES.includes(type)) {
    const id = record.headers.get('ce_id')
    const reason = await deliver(JSON.parse(record.value))
    // The same word is the same record; a later success after a failure is another.
    const word = reason === null ? 'delivered' : 'failed'
    const receipt = { 'notice_id': id, 'delivered': reason === null, 'reason': reason }
    await publish(given.OTKLIK_RECEIPTS, RECEIPT, id, `${id}:${word}`, receipt)
  } else if (type === REJECTION) {
    const rejection = JSON.parse(record.value)
    console.log(`rejected ${rejection.fault}: ${rejection.reason} (ce_id ${rejection.outside_id})`)
    console.log(`  offset ${rejection.offset} of ${rejection.topic}; allowed: ${JSON.stringify(rejection.allowed)}`)
  }
}

// Until Ctrl-C. What was handled is committed, so the next start goes on there.
async function listen () {
  const consumer = new Consumer({ ...access, groupId: given.OTKLIK_GROUP, deserializers: stringDeserializers })
  const stream = await consumer.consume({
    topics: [given.OTKLIK_OUTBOUND, given.OTKLIK_REJECTIONS],
    mode: 'committed',
    fallbackMode: 'earliest',
    isolationLevel: COMMITTED_ALONE,
    autocommit: false
  })
  const end = () => stream.close()
  process.once('SIGINT', end).once('SIGTERM', end)
  for await (const record of stream) {
    await handle(record)
    await record.commit()
  }
  await consumer.close(true)
}

const [verb, ...words] = process.argv.slice(2)
if (verb === 'send' && words.length >= 2) {
  await send(...words)
} else if (verb === 'verdict' && words.length >= 2) {
  const rating = words[2] === undefined ? null : Number(words[2])
  await said(VERDICT, words[0], { 'verdict': words[1], 'rating': rating })
} else if (verb === 'listen') {
  await listen()
} else {
  console.error('node channel.js send CONVERSATION TEXT [ID [ATTACHMENT ...]] | verdict CONVERSATION WORD [RATING] | listen')
  process.exitCode = 2
}
await producer.close()
