// node-postgres: simple without parameters, extended with them; pg-cursor for
// pages, pg-copy-streams for COPY.
'use strict'

const pg = require('pg')
const Cursor = require('pg-cursor')
const { to } = require('pg-copy-streams')
const runner = require('./runner.js')

class Client {
  async connect({ password, sslrootcert } = {}) {
    const client = new pg.Client({ password, ssl: runner.tls(sslrootcert) })
    client.on('error', () => {}) // a failed login tells it by its promise, too
    await client.connect()
    return client
  }

  async open() {
    this.conn = await this.connect()
  }

  async close() {
    await this.conn.end()
  }

  async login(step) {
    const client = await this.connect(step.changes)
    await client.end()
  }

  table(result) {
    return {
      tag: result.command,
      count: result.rowCount,
      columns: result.fields.map((f) => [f.name, f.dataTypeID, f.dataTypeModifier, f.dataTypeSize, f.format]),
      rows: runner.rows(result.rows),
    }
  }

  async query(step) {
    const query = { text: step.sql, values: runner.args(step), rowMode: 'array', binary: step.binary }
    if (step.binary) query.queryMode = 'extended'
    return this.table(await this.conn.query(query))
  }

  async multi(step) {
    const results = await this.conn.query({ text: step.sql, rowMode: 'array' })
    return { results: [results].flat().map((r) => this.table(r)) }
  }

  async reuse(step) {
    const results = []
    for (const arg of step.args) {
      const query = { name: 'again', text: step.sql, values: [runner.argument(arg)], rowMode: 'array' }
      results.push(this.table(await this.conn.query(query)))
    }
    return { results }
  }

  async fetch(step) {
    const cursor = this.conn.query(new Cursor(step.sql, [], { rowMode: 'array' }))
    const found = []
    for (let page = await cursor.read(step.size); page.length > 0; page = await cursor.read(step.size)) found.push(...page)
    await cursor.close()
    return runner.digest(found)
  }

  async copy(step) {
    const blocks = []
    for await (const block of this.conn.query(to(step.sql))) blocks.push(block)
    return runner.copied(Buffer.concat(blocks))
  }

  async cancel(step) {
    const query = new pg.Query({ text: step.sql, rowMode: 'array' })
    const found = new Promise((resolve, reject) => {
      query.on('error', reject)
      query.on('end', resolve)
    })
    this.conn.query(query)
    const timer = setInterval(() => {
      const other = new pg.Client({ ssl: runner.tls() })
      other.on('error', () => {})
      other.connection.on('error', () => {})
      other.cancel(this.conn, query)
    }, 300)
    try {
      await found
    } finally {
      clearInterval(timer)
    }
  }
}

runner.main(new Client())
