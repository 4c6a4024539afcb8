// What the Node.js runners share: cases in, lines of results out. A client has a
// method for each kind of step, open, close and error, as those of runner.py.
'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')

const env = process.env
const root = () => fs.readFileSync(env.PGSSLROOTCERT, 'utf8')

// tls gives the options of a verified connection.
const tls = (file = env.PGSSLROOTCERT) => ({ ca: fs.readFileSync(file, 'utf8'), rejectUnauthorized: true, servername: env.PGHOST === '127.0.0.1' ? undefined : env.PGHOST })

const parse = {
  int2: Number,
  int4: Number,
  int8: BigInt,
  float8: Number,
  numeric: String,
  text: String,
  bool: (text) => text === 'true',
  bytea: (hex) => Buffer.from(hex, 'hex'),
  date: String,
  time: String,
  timestamp: String,
  timestamptz: (text) => new Date(text),
  uuid: String,
}

const argument = (arg) => (arg.value === null ? null : parse[arg.type](arg.value))
const args = (step) => (step.args || []).map(argument)

// text tells a value and its type apart from all others.
function text(value) {
  if (value === null) return null
  if (Buffer.isBuffer(value)) return 'Buffer ' + value.toString('hex')
  if (value instanceof Date) return 'Date ' + value.getTime()
  if (Object.is(value, -0)) return 'number -0'
  if (typeof value === 'object') return value.constructor.name + ' ' + JSON.stringify(value)
  return typeof value + ' ' + String(value)
}

const rows = (all) => all.map((row) => row.map(text))
const sum = (data) => crypto.createHash('sha256').update(data).digest('hex')

function digest(all) {
  const found = rows(all)
  return { count: found.length, first: found.slice(0, 1), last: found.slice(-1), sum: sum(JSON.stringify(found)) }
}

const copied = (data) => ({ bytes: data.length, sum: sum(data), start: data.subarray(0, 200).toString('hex') })

// error tells what a driver's error says of SQL; the code of an error of TLS is
// one of OpenSSL's names.
function error(e) {
  if (e.code === undefined) return undefined
  if (!/^[0-9A-Z]{5}$/.test(e.code)) return { state: /CERT|VERIFY|SIGNATURE/.test(e.code) ? 'certificate' : e.code }
  return { state: e.code, severity: e.severity, position: e.position }
}

// drain runs a step until it fails or not, and adds what it says.
async function drain(client, step, answer) {
  try {
    Object.assign(answer, await client[step.do](step))
  } catch (e) {
    answer.error = error(e) || { raised: e.name }
    answer.note = String(e.stack).slice(0, 1500)
  }
}

async function run(client, one) {
  const steps = []
  const opened = {}
  await drain(client, { do: 'open' }, opened)
  if (opened.error) return [opened]
  for (const step of one.steps) {
    const answer = {}
    await drain(client, step, answer)
    steps.push(answer)
  }
  await client.close()
  return steps
}

async function main(client) {
  for (const one of JSON.parse(fs.readFileSync(0, 'utf8'))) {
    const steps = await run(client, one)
    process.stdout.write(JSON.stringify({ case: one.name, steps }) + '\n')
  }
}

module.exports = { args, argument, copied, digest, main, rows, root, tls }
