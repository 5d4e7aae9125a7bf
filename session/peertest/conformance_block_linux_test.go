package peertest_test

import (
	"bytes"
	"fmt"
	"strings"

	"coapscope/protocol"
	"coapscope/session"
)

// whole asks for a body in whatever blocks the server has.
var whole = session.Request{}

// blocksDown is the script of a download of so many bytes. A client that asks for its size early names it in the first request.
func blocksDown(length, size int, early bool) string {
	var b strings.Builder
	count := (length + size - 1) / size
	for n := range count {
		more := 0
		if n < count-1 {
			more = 1
		}
		ask := "!Block2"
		if n > 0 || early {
			ask = fmt.Sprintf("Block2=%d/0/%d", n, size)
		}
		fmt.Fprintf(&b, "> CON GET mid=$m%d token=$t%d %s !payload\n< ACK 2.05 mid=$m%d token=$t%d Block2=%d/%d/%d payload\n", n, n, ask, n, n, n, more, size)
	}
	return b.String()
}

// blocksUp is the script of an upload. libcoap's server leaves Block1 out of the last answer where a resource was made by a
// client, which does no harm: RFC 7959 §2.3 does not say that it has to be there.
func blocksUp(method string, length, size int, final string, bare bool) string {
	var b strings.Builder
	count := (length + size - 1) / size
	for n := range count {
		more, code := 0, final
		if n < count-1 {
			more, code = 1, "2.31"
		}
		fmt.Fprintf(&b, "> CON %s mid=$m%d token=$t%d Block1=%d/%d/%d payload\n< ACK %s mid=$m%d token=$t%d", method, n, n, n, more, size, code, n, n)
		if more == 1 || !bare {
			fmt.Fprintf(&b, " Block1=%d/%d/%d", n, more, size)
		}
		b.WriteString("\n")
	}
	return b.String()
}

var upload = strings.Repeat("sixteen letters ", 100) // of the size of two blocks

func octets(b string) change {
	return func(m *protocol.Message) { m.Payload = []byte(b) }
}

// downCase downloads what is 1700 bytes long in the lab.
func downCase(size int, early bool) [pairings]cell {
	preferred := 0
	args, node := "", map[string]any{}
	if early {
		preferred, args = size, fmt.Sprintf("-b %d", size)
		node["Block2"] = fmt.Sprintf("hex:%02x", protocol.SZXFor(size))
	}
	engine := func(path string, length int) cell {
		return played(func(p *play) {
			if p.lab == nil {
				p.ask(protocol.PUT, path, protocol.Created, octets(string(blob(1, length))))
				p.forget()
			}
			r := p.askFor(session.Request{BlockSize: preferred}, protocol.GET, path, protocol.Content)
			if len(r.Message.Payload) != length {
				p.Errorf("got %d bytes, want %d", len(r.Message.Payload), length)
			}
			p.wire(blocksDown(length, size, early))
		})
	}
	return [pairings]cell{
		engine("/large", 1700),
		engine("/data", 1700),
		played(func(p *play) {
			if got := p.coap(args, "/large"); len(got) != 1700 {
				p.Errorf("got %d bytes, want 1700", len(got))
			}
			p.wire(blocksDown(1700, size, early))
		}),
		played(func(p *play) {
			if got := p.node(step{"pathname": "/large", "options": node})[0].Payloads[0]; len(got) != 1700 {
				p.Errorf("got %d bytes, want 1700", len(got))
			}
			p.wire(blocksDown(1700, size, early))
		}),
	}
}

// upCase uploads 1600 bytes.
func upCase(method protocol.Code, path string, code protocol.Code) [pairings]cell {
	name := method.Short()
	const size = 1024
	script := blocksUp(name, len(upload), size, code.Short(), false)
	read := func(p *play, from string) {
		p.forget()
		if p.engine != nil {
			if got := p.askFor(whole, protocol.GET, from, protocol.Content).Message.Payload; string(got) != upload {
				p.Errorf("%d bytes are there, want %d", len(got), len(upload))
			}
			return
		}
		if got := (&play{stage: p.stage, engine: openEngine(p), server: p.device}).askFor(whole, protocol.GET, from, protocol.Content).Message.Payload; string(got) != upload {
			p.Errorf("%d bytes are there, want %d", len(got), len(upload))
		}
	}
	return [pairings]cell{
		played(func(p *play) {
			p.ask(method, path, code, payload(upload))
			p.wire(script)
			read(p, path)
		}),
		played(func(p *play) {
			if code == protocol.Changed {
				written(p, path)
			}
			p.ask(method, path, code, payload(upload))
			p.wire(blocksUp(name, len(upload), size, code.Short(), true))
			read(p, path)
		}),
		played(func(p *play) {
			p.coap("-m "+strings.ToLower(name)+" -t 0 -f "+p.file("up", upload), path)
			p.wire(script)
			read(p, path)
		}),
		played(func(p *play) {
			p.node(step{"pathname": path, "method": name, "payload": upload, "options": map[string]any{"Content-Format": "text/plain", "Block1": fmt.Sprintf("hex:%02x", 6)}})
			p.wire(script)
			read(p, path)
		}),
	}
}

// bothScript is an upload of two blocks that is answered by two.
const bothScript = `> CON POST mid=$a token=$t Block1=0/1/1024
	< ACK 2.31 mid=$a token=$t Block1=0/1/1024
	> CON POST mid=$b token=$u Block1=1/0/1024
	< ACK 2.04 mid=$b token=$u Block1=1/0/1024 Block2=0/1/1024 payload
	> CON POST mid=$c token=$v Block2=1/0/1024 !payload
	< ACK 2.04 mid=$c token=$v Block2=1/0/1024 payload`

var blockCases = []plugtest{
	{"TD_COAP_BLOCK_01", "GET, early negotiation", downCase(64, true)},
	{"TD_COAP_BLOCK_02", "GET, late negotiation", downCase(1024, false)},
	{"TD_COAP_BLOCK_03", "PUT", upCase(protocol.PUT, "/large-update", protocol.Changed)},
	{"TD_COAP_BLOCK_04", "POST", except(upCase(protocol.POST, "/large-create", protocol.Created), engineWithLibcoap, not("POST makes nothing there"))},
	{"TD_COAP_BLOCK_05", "POST, in blocks both ways", [pairings]cell{
		played(func(p *play) {
			r := p.ask(protocol.POST, "/large-post", protocol.Changed, payload(upload))
			if !bytes.Equal(r.Message.Payload, bytes.ToUpper([]byte(upload))) {
				p.Errorf("got %d bytes that are not those sent in capitals", len(r.Message.Payload))
			}
			p.wire(bothScript)
		}),
		not("no resource answers a POST with a body"),
		played(func(p *play) {
			got := p.coap("-m post -t 0 -f "+p.file("up", upload), "/large-post")
			if !bytes.Equal(got, bytes.ToUpper([]byte(upload))) {
				p.Errorf("got %d bytes that are not those sent in capitals", len(got))
			}
			p.wire(bothScript)
		}),
		played(func(p *play) {
			got := p.node(step{"pathname": "/large-post", "method": "POST", "payload": upload, "options": map[string]any{"Content-Format": "text/plain", "Block1": "hex:06"}})
			if !bytes.Equal(got[0].Payloads[0], bytes.ToUpper([]byte(upload))) {
				p.Errorf("got %d bytes that are not those sent in capitals", len(got[0].Payloads[0]))
			}
			p.wire(bothScript)
		}),
	}},
	{"TD_COAP_BLOCK_06", "GET, blocks of 16 bytes", downCase(16, true)},
}
