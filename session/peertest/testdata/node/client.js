// A client made with node-coap: node client.js PORT LARGE OBSERVABLE, the latter two the paths of resources. It makes
// its requests one after the other and exits.
const coap = require('coap')
const [port, large, observable] = process.argv.slice(2)

function ask (url, options = {}) {
  return new Promise((resolve, reject) => {
    const { payload, headers, ...rest } = options
    const req = coap.request({ hostname: '127.0.0.1', port, pathname: url, ...rest })
    for (const name in headers || {}) req.setOption(name, headers[name])
    req.on('error', reject)
    req.on('response', (res) => {
      if (!rest.observe) return resolve(res)
      let seen = 0
      res.on('data', () => {
        if (++seen < 3) return
        res.close()
        resolve(res)
      })
    })
    req.end(payload)
  })
}

async function main () {
  for (const confirmable of [true, false]) {
    const doc = (method, payload, headers) => ask('/doc', { method, confirmable, payload, headers })
    await doc('GET')
    await doc('PUT', '{"a":1}', { 'Content-Format': 'application/json' })
    await doc('GET', undefined, { Accept: 'application/json' })
    await doc('POST', '{"a":2}')
    await doc('FETCH', '{}', { 'Content-Format': 'application/json' })
    await doc('PATCH', '{"a":3}', { 'Content-Format': 'application/merge-patch+json' })
    await doc('iPATCH', '{"a":4}', { 'Content-Format': 'application/merge-patch+json' })
    await doc('DELETE')
  }
  await ask(large, { query: 'a=1&b=2' })
  await ask(observable, { observe: true })
}

main().then(() => process.exit(0), (err) => { console.error(err); process.exit(1) })
