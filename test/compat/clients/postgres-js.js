// postgres.js: pipelines by itself, prepares what has parameters, and asks for the
// array types of the server when it connects.
'use strict'

const postgres = require('postgres')
const runner = require('./runner.js')

class Client {
  connect({ password, sslrootcert } = {}) {
    const options = { max: 1, ssl: runner.tls(sslrootcert), onnotice: () => {}, connection: { application_name: 'compat' } }
    if (password) options.password = password
    return postgres(options)
  }

  async open() {
    this.sql = this.connect()
    this.conn = this.sql
    await this.sql`SELECT 1`
  }

  async close() {
    await this.sql.end({ timeout: 5 })
  }

  async login(step) {
    const sql = this.connect(step.changes)
    try {
      await sql`SELECT 1`
    } finally {
      await sql.end({ timeout: 5 })
    }
  }

  table(result) {
    return {
      tag: result.command,
      count: result.count,
      columns: result.columns.map((c) => [c.name, c.type]),
      rows: runner.rows([...result]),
    }
  }

  send(step, prepare = false) {
    return this.conn.unsafe(step.sql, runner.args(step), { prepare })
  }

  async read(query) {
    const result = await query.values()
    return this.table(Object.assign(result, { columns: result.columns || query.columns || [] }))
  }

  async query(step) {
    return this.read(this.send(step))
  }

  async multi(step) {
    const results = await this.conn.unsafe(step.sql)
    const many = Array.isArray(results[0]) || results.length === 0 ? results : [results]
    return { results: many.map((r) => ({ tag: r.command, count: r.count, rows: [...r].map((row) => JSON.stringify(row)) })) }
  }

  async reuse(step) {
    const results = []
    for (const arg of step.args) results.push(await this.read(this.send({ sql: step.sql, args: [arg] }, true)))
    return { results }
  }

  async pipeline(step) {
    const sent = step.sqls.map((sql) => this.read(this.send({ sql })))
    const done = await Promise.allSettled(sent)
    return { results: done.map((d) => d.value || { state: d.reason.code }) }
  }

  async fetch(step) {
    const found = []
    for await (const page of this.conn.unsafe(step.sql).cursor(step.size)) found.push(...page.map((row) => Object.values(row)))
    return runner.digest(found)
  }

  // copy takes a connection of its own: when the last block fills the stream's
  // buffer, postgres.js stops reading the socket and never reads it again.
  async copy(step) {
    const sql = this.connect()
    try {
      const blocks = []
      for await (const block of await sql.unsafe(step.sql).readable()) blocks.push(block)
      return runner.copied(Buffer.concat(blocks))
    } finally {
      await sql.end({ timeout: 1 })
    }
  }

  async cancel(step) {
    const query = this.conn.unsafe(step.sql)
    const timer = setInterval(() => query.cancel(), 300)
    try {
      return await this.read(query)
    } finally {
      clearInterval(timer)
    }
  }

  async begin() {
    this.conn = await this.sql.reserve()
    await this.conn`BEGIN`
  }

  async commit() {
    await this.conn`COMMIT`
    this.conn.release()
    this.conn = this.sql
  }

  async rollback() {
    await this.conn`ROLLBACK`
    this.conn.release()
    this.conn = this.sql
  }
}

runner.main(new Client())
