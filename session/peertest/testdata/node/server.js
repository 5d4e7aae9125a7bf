// A server made with node-coap: node server.js PORT. It says "ready", and ends with its standard input.
const coap = require('coap')
let doc = null
const large = Buffer.from('0123456789abcdef'.repeat(200))
const server = coap.createServer((req, res) => {
  const path = req.url.split('?')[0]
  if (path === '/large') {
    res.setOption('Content-Format', 'text/plain')
    return res.end(large)
  }
  if (path === '/ticks' && req.headers.Observe === 0) {
    // Three representations, then it is over.
    let n = 0
    const timer = setInterval(() => {
      res.write('tick ' + n)
      if (++n === 3) {
        clearInterval(timer)
        res.end()
      }
    }, 50)
    res.on('finish', () => clearInterval(timer))
    return
  }
  if (path === '/doc') {
    switch (req.method) {
      case 'PUT': case 'POST': case 'PATCH': case 'iPATCH':
        res.code = doc === null ? '2.01' : '2.04'
        doc = req.payload
        return res.end()
      case 'DELETE':
        doc = null
        res.code = '2.02'
        return res.end()
      case 'GET': case 'FETCH':
        if (doc !== null) {
          res.setOption('Content-Format', 'application/json')
          res.setOption('ETag', 'abcd')
          res.setOption('Max-Age', 300)
          return res.end(doc)
        }
    }
  }
  res.code = '4.04'
  res.end('no such thing')
})
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'))
process.stdin.resume().on('end', () => process.exit())
