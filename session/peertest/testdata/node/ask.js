// A client made with node-coap: node ask.js PORT STEPS. STEPS is JSON: a list of requests, which it makes one after the
// other from one endpoint. Each is what coap.request takes, with "options" as name and value, where "hex:" begins bytes, "payload",
// and with "notifications": N how many representations of an observation it waits for before it cancels, and "also", a request
// that it makes after the first of them. For each it writes a line of JSON: the code and the payloads, in base64.
const coap = require('coap')
const [port, steps] = process.argv.slice(2)
const agent = new coap.Agent({ type: 'udp4' })

function ask ({ options = {}, payload, notifications, also, token, host = '127.0.0.1', ...rest }) {
  return new Promise((resolve, reject) => {
    const bytes = (v) => typeof v === 'string' && v.startsWith('hex:') ? Buffer.from(v.slice(4), 'hex') : v
    const req = coap.request({ hostname: host, port, agent, ...rest, ...(token && { token: bytes(token) }) })
    for (const name in options) {
      req.setOption(name, Array.isArray(options[name]) ? options[name].map(bytes) : bytes(options[name]))
    }
    req.on('error', reject)
    req.on('response', (res) => {
      const answer = { code: res.code, format: res.headers['Content-Format'], payloads: [] }
      if (!rest.observe) {
        answer.payloads.push(res.payload.toString('base64'))
        return resolve(answer)
      }
      res.on('data', (data) => {
        answer.payloads.push(data.toString('base64'))
        if (also && answer.payloads.length === 1) ask(also)
        if (answer.payloads.length !== notifications) return
        res.close()
        // What is sent when it closes has to go out before the process ends.
        setTimeout(() => resolve(answer), 200)
      })
      res.on('end', () => resolve(answer))
    })
    req.end(payload && bytes(payload))
  })
}

async function main () {
  for (const step of JSON.parse(steps)) console.log(JSON.stringify(await ask(step)))
}

// What was written goes out first.
main().then(() => process.stdout.write('', () => process.exit(0)), (err) => { console.error(err); process.exit(1) })
