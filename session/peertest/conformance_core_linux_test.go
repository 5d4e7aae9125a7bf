package peertest_test

import (
	"strings"
	"time"

	"coapscope/protocol"
)

const (
	noLocation = "the server never answers with a location"
	noAccept   = "the server has each resource in one format"
	noTags     = "the server has no ETag on what fits a block, and no preconditions on it"
)

// simple is a case of one request and one answer, where client and resource differ by pairing, and the script but for the path
// does not. An empty resource or argument stands for none.
func simple(script string, engine func(p *play, path string), lab, libcoap, args string, node step) (by [pairings]cell) {
	path := func(path string) string {
		path, _, _ = strings.Cut(path, "?")
		return strings.ReplaceAll(strings.Trim(path, "/"), "/", ",")
	}
	run := func(path, script string, ask func(p *play)) cell {
		return played(func(p *play) {
			ask(p)
			p.await(strings.ReplaceAll(script, "PATH", path)) // a client may be gone before its last ACK is seen
		})
	}
	by[engineWithLab] = run(path(lab), script, func(p *play) { engine(p, lab) })
	by[engineWithLibcoap] = run(path(libcoap), script, func(p *play) { engine(p, libcoap) })
	by[libcoapWithLab] = run(path(lab), script, func(p *play) { p.coap(args, lab) })
	by[nodeWithLab] = run(path(lab), script, func(p *play) {
		request := step{"pathname": lab}
		if at := strings.IndexByte(lab, '?'); at > 0 {
			request = step{"pathname": lab[:at], "query": lab[at+1:]}
		}
		for k, v := range node {
			request[k] = v
		}
		p.node(request)
	})
	return by
}

func get(changes ...change) func(*play, string) {
	return func(p *play, path string) { p.ask(protocol.GET, path, protocol.Content, changes...) }
}

// written makes sure that a document is there, and forgets how.
func written(p *play, path string) {
	code := protocol.Created
	if p.lab != nil {
		code = protocol.Changed
	}
	p.ask(protocol.PUT, path, code, payload("before"))
	p.forget()
}

// except replaces the cell of a pairing.
func except(by [pairings]cell, which pairing, c cell) [pairings]cell {
	by[which] = c
	return by
}

// piggybacked and unconfirmed are the two shapes of one request and its answer.
const (
	piggybacked = "> CON METHOD mid=$m token=$t Uri-Path=PATH\n< ACK CODE mid=$m token=$t"
	unconfirmed = "> NON METHOD mid=$m token=$t Uri-Path=PATH\n< NON CODE mid=$n token=$t"
)

func shape(text, method, code, request, response string) string {
	to, from, _ := strings.Cut(strings.NewReplacer("METHOD", method, "CODE", code).Replace(text), "\n")
	return to + " " + request + "\n" + from + " " + response
}

var separateScript = `
	> CON GET mid=$m token=$t Uri-Path=PATH
	< ACK 0.00 mid=$m token= !payload !Content-Format
	< CON 2.05 mid=$s token=$t payload
	> ACK 0.00 mid=$s token= !payload`

// methods are the cases of the four methods, by type.
func methodCases(firstID int, kind, args string, con bool, changes ...change) []plugtest {
	text := piggybacked
	if !con {
		text = unconfirmed
	}
	id := func(i int) string { return "TD_COAP_CORE_0" + string(rune('0'+firstID+i)) }
	with := func(more ...change) []change { return append(more, changes...) }
	put := func(method, code protocol.Code) func(*play, string) {
		return func(p *play, path string) {
			if p.lab == nil {
				written(p, path)
			}
			p.ask(method, path, code, with(payload("plugtest"))...)
		}
	}
	node := func(method string, body bool) step {
		s := step{"method": method, "confirmable": con}
		if body {
			s["payload"], s["options"] = "plugtest", map[string]any{"Content-Format": "text/plain"}
		}
		return s
	}
	return []plugtest{
		{id(0), "GET, " + kind, except(simple(shape(text, "GET", "2.05", "!payload", "Content-Format=0 payload"), get(changes...), "/test", "", args, node("GET", false)),
			engineWithLibcoap, played(func(p *play) { // it leaves out Content-Format 0
				p.ask(protocol.GET, "/time", protocol.Content, changes...)
				p.wire(strings.ReplaceAll(shape(text, "GET", "2.05", "!payload", "payload"), "PATH", "time"))
			}))},
		{id(1), "DELETE, " + kind, simple(shape(text, "DELETE", "2.02", "!payload", "!payload"), func(p *play, path string) {
			if p.lab == nil {
				written(p, path)
			}
			p.ask(protocol.DELETE, path, protocol.Deleted, changes...)
		}, "/test", "/doc", args+" -m delete", node("DELETE", false))},
		{id(2), "PUT, " + kind, simple(shape(text, "PUT", "2.04", "Content-Format=0 payload=plugtest", ""),
			put(protocol.PUT, protocol.Changed), "/test", "/doc", args+" -m put -e plugtest -t 0", node("PUT", true))},
		{id(3), "POST, " + kind, except(simple(shape(text, "POST", "2.01", "Content-Format=0 payload=plugtest", ""),
			put(protocol.POST, protocol.Created), "/test", "/doc", args+" -m post -e plugtest -t 0", node("POST", true)),
			engineWithLibcoap, played(func(p *play) { // its POST changes what is there
				put(protocol.POST, protocol.Changed)(p, "/doc")
				p.wire(shape(strings.ReplaceAll(text, "PATH", "doc"), "POST", "2.04", "Content-Format=0 payload=plugtest", ""))
			}))},
	}
}

func token(b ...byte) change {
	return func(m *protocol.Message) { m.Token = protocol.TokenOf(b) }
}

var coreCases = slicesOf(
	methodCases(1, "CON", "", true),
	methodCases(5, "NON", "-N", false, non),
	[]plugtest{
		{"TD_COAP_CORE_09", "separate response", simple(separateScript, get(), "/separate", "/async?1", "", nil)},
		{"TD_COAP_CORE_10", "token", simple(shape(piggybacked, "GET", "2.05", "token=cafe", "token=cafe payload"), get(token(0xca, 0xfe)), "/test", "/time", "-T \xca\xfd", step{"token": "hex:cafe"})},
		{"TD_COAP_CORE_11", "token with a separate response", simple(strings.ReplaceAll(separateScript, "$t", "cafe"), get(token(0xca, 0xfe)), "/separate", "/async?1", "-T \xca\xfd", step{"token": "hex:cafe"})},
		{"TD_COAP_CORE_12", "empty token", except(except(simple(shape(piggybacked, "GET", "2.05", "token=", "token= payload"), func(p *play, path string) {
			p.askEmptyToken(path)
		}, "/test", "/time", "", nil),
			libcoapWithLab, not("the client always has a token")), nodeWithLab, not("the client always has a token"))},
		{"TD_COAP_CORE_13", "several Uri-Path", except(simple(shape(piggybacked, "GET", "2.05", "", "payload"), get(), "/seg1/seg2/seg3", "/.well-known/core", "", nil),
			engineWithLibcoap, played(func(p *play) {
				written(p, "/seg1/seg2/seg3")
				p.ask(protocol.GET, "/seg1/seg2/seg3", protocol.Content)
				p.wire(strings.ReplaceAll(shape(piggybacked, "GET", "2.05", "", "payload"), "PATH", "seg1,seg2,seg3"))
			}))},
		{"TD_COAP_CORE_14", "several Uri-Query", except(simple(shape(piggybacked, "GET", "2.05", "Uri-Query=first=1,second=2", "payload"), get(), "/query?first=1&second=2", "/time?first=1&second=2", "", nil),
			engineWithLibcoap, played(func(p *play) {
				p.ask(protocol.GET, "/time?first=1&second=2", protocol.Content)
				p.wire(strings.ReplaceAll(shape(piggybacked, "GET", "2.05", "Uri-Query=first=1,second=2", "payload"), "PATH", "time"))
			}))},
		{"TD_COAP_CORE_15", "lossy, piggybacked", lossyCase("/test", "/doc", func(p *play) {
			p.wire(strings.ReplaceAll(shape(piggybacked, "GET", "2.05", "", "payload"), "PATH", "$p"))
		}, dropNth(toServer, 0), dropNth(toClient, 0))},
		{"TD_COAP_CORE_16", "lossy, delayed", lossyCase("/separate", "/async?1", func(p *play) {
			p.await(`> CON GET mid=$m token=$t
				...
				< CON 2.05 mid=$s token=$t payload
				> ACK 0.00 mid=$s token=`)
		}, dropNth(toServer, 0), dropNth(toClient, 0), dropNth(toClient, 1), dropNth(toServer, 1))},
		{"TD_COAP_CORE_17", "separate response, NON", simple(shape(unconfirmed, "GET", "2.05", "", "payload"), get(non), "/separate", "/async?1", "-N", step{"confirmable": false})},
		{"TD_COAP_CORE_18", "Location-Path", except(simple(shape(piggybacked, "POST", "2.01", "payload", "Location-Path=location1,location2,location3"), func(p *play, path string) {
			p.ask(protocol.POST, path, protocol.Created, payload("x"))
		}, "/test", "", "-m post -e x", step{"method": "POST", "payload": "x"}), engineWithLibcoap, not(noLocation))},
		{"TD_COAP_CORE_19", "Location-Query", except(simple(shape(piggybacked, "POST", "2.01", "payload", "Location-Query=first=1,second=2"), func(p *play, path string) {
			p.ask(protocol.POST, path, protocol.Created, payload("x"))
		}, "/location-query", "", "-m post -e x", step{"method": "POST", "payload": "x"}), engineWithLibcoap, not(noLocation))},
		{"TD_COAP_CORE_20", "Accept", [pairings]cell{
			played(func(p *play) {
				p.ask(protocol.GET, "/multi-format", protocol.Content, with(protocol.Accept, 0))
				p.ask(protocol.GET, "/multi-format", protocol.Content, with(protocol.Accept, 41))
				p.ask(protocol.GET, "/multi-format", protocol.NotAcceptable, with(protocol.Accept, 60))
				p.wire(acceptScript + `
					> CON GET mid=$k token=$v Accept=60
					< ACK 4.06 mid=$k token=$v`)
			}),
			not(noAccept),
			played(func(p *play) {
				p.coap("-A text/plain", "/multi-format")
				p.coap("-A application/xml", "/multi-format")
				p.wire(acceptScript)
			}),
			played(func(p *play) {
				p.node(step{"pathname": "/multi-format", "options": map[string]any{"Accept": "text/plain"}},
					step{"pathname": "/multi-format", "options": map[string]any{"Accept": "application/xml"}})
				p.wire(acceptScript)
			}),
		}},
		{"TD_COAP_CORE_21", "ETag", [pairings]cell{
			played(func(p *play) {
				tag := func(r protocol.Message) []byte { v, _ := r.Options.First(protocol.ETag); return v }
				first := tag(p.ask(protocol.GET, "/validate", protocol.Content).Message)
				p.ask(protocol.GET, "/validate", protocol.Valid, with(protocol.ETag, first))
				p.ask(protocol.PUT, "/validate", protocol.Changed, payload("new"))
				p.ask(protocol.GET, "/validate", protocol.Content, with(protocol.ETag, first))
				p.wire(`> CON GET mid=$a token=$t !ETag
					< ACK 2.05 mid=$a token=$t ETag=$e payload
					> CON GET mid=$b token=$u ETag=$e
					< ACK 2.03 mid=$b token=$u ETag=$e !payload
					> CON PUT mid=$c token=$v
					< ACK 2.04 mid=$c token=$v
					> CON GET mid=$d token=$w ETag=$e
					< ACK 2.05 mid=$d token=$w ETag=!$e payload=new`)
			}),
			not(noTags),
			played(func(p *play) {
				p.coap("", "/validate")
				p.coap("-O 4,0x"+bindOption(p, protocol.ETag), "/validate")
				p.wire(tagScript)
			}),
			played(func(p *play) {
				p.node(step{"pathname": "/validate"})
				p.node(step{"pathname": "/validate", "options": map[string]any{"ETag": "hex:" + bindOption(p, protocol.ETag)}})
				p.wire(tagScript)
			}),
		}},
		{"TD_COAP_CORE_22", "If-Match", [pairings]cell{
			played(func(p *play) {
				tag, _ := p.ask(protocol.GET, "/validate", protocol.Content).Message.Options.First(protocol.ETag)
				p.ask(protocol.PUT, "/validate", protocol.Changed, payload("one"), with(protocol.IfMatch, tag))
				p.ask(protocol.PUT, "/validate", protocol.PreconditionFailed, payload("two"), with(protocol.IfMatch, tag))
				p.wire(matchingScript)
			}),
			not(noTags),
			played(func(p *play) {
				p.coap("", "/validate")
				tag := bindOption(p, protocol.ETag)
				p.coap("-m put -e one -t 0 -O 1,0x"+tag, "/validate")
				p.coap("-m put -e two -t 0 -O 1,0x"+tag, "/validate")
				p.wire(matchingScript)
			}),
			played(func(p *play) {
				p.node(step{"pathname": "/validate"})
				put := step{"pathname": "/validate", "method": "PUT", "payload": "one", "options": map[string]any{"Content-Format": "text/plain", "If-Match": "hex:" + bindOption(p, protocol.ETag)}}
				p.node(put, put)
				p.wire(matchingScript)
			}),
		}},
		{"TD_COAP_CORE_23", "If-None-Match", [pairings]cell{
			played(func(p *play) {
				p.ask(protocol.PUT, "/create1", protocol.Created, payload("x"), with(protocol.IfNoneMatch, []byte{}))
				p.ask(protocol.PUT, "/create1", protocol.PreconditionFailed, payload("x"), with(protocol.IfNoneMatch, []byte{}))
				p.wire(noneScript)
			}),
			not("the server ignores If-None-Match on what a client has made, against RFC 7252 §5.10.8.2"),
			played(func(p *play) {
				p.coap("-m put -e x -t 0 -O 5,", "/create1")
				p.coap("-m put -e x -t 0 -O 5,", "/create1")
				p.wire(noneScript)
			}),
			played(func(p *play) {
				put := step{"pathname": "/create1", "method": "PUT", "payload": "x", "options": map[string]any{"Content-Format": "text/plain", "If-None-Match": "hex:"}}
				p.node(put, put)
				p.wire(noneScript)
			}),
		}},
		{"TD_COAP_CORE_31", "ping", [pairings]cell{
			played(pingCase), played(pingCase),
			not("the client pings over TCP only"), not("the client has no ping"),
		}},
	},
)

const (
	acceptScript = `> CON GET mid=$m token=$t Accept=0
		< ACK 2.05 mid=$m token=$t Content-Format=0 payload
		> CON GET mid=$n token=$u Accept=41
		< ACK 2.05 mid=$n token=$u Content-Format=41 payload`
	tagScript = `> CON GET mid=$a token=$t !ETag
		< ACK 2.05 mid=$a token=$t ETag=$e payload
		> CON GET mid=$b token=$u ETag=$e
		< ACK 2.03 mid=$b token=$u ETag=$e !payload`
	matchingScript = `> CON GET mid=$a token=$t
		< ACK 2.05 mid=$a token=$t ETag=$e
		> CON PUT mid=$b token=$u If-Match=$e payload
		< ACK 2.04 mid=$b token=$u
		> CON PUT mid=$c token=$v If-Match=$e payload
		< ACK 4.12 mid=$c token=$v`
	noneScript = `> CON PUT mid=$a token=$t If-None-Match= payload
		< ACK 2.01 mid=$a token=$t
		> CON PUT mid=$b token=$u If-None-Match= payload
		< ACK 4.12 mid=$b token=$u`
)

func pingCase(p *play) {
	if _, err := p.engine.Ping(p.Context(), p.server); err != nil {
		p.Fatal(err)
	}
	p.wire("> CON 0.00 mid=$m token= !payload\n< RST 0.00 mid=$m token= !payload")
}

// bindOption gives the value, in hexadecimal, of an option that came.
func bindOption(p *play, number protocol.OptionNumber) string {
	p.Helper()
	for _, s := range p.messages() {
		for _, o := range s.message.Options {
			if o.Number == number && !s.byClient {
				return value(o)
			}
		}
	}
	p.Fatalf("no %v came", number)
	return ""
}

// dropNth is a network that loses the n-th datagram, from 0, of a way.
func dropNth(w way, n int) network {
	return dropping(func(way way, i int, _ []byte) bool { return way == w && i == n })
}

// lossyCase is a case of a GET under each network, in which the datagram that is lost is sent again as it was.
func lossyCase(lab, libcoap string, then func(p *play), networks ...network) (by [pairings]cell) {
	for i := range by {
		path := lab
		if pairing(i) == engineWithLibcoap {
			path = libcoap
		}
		by[i] = played(func(p *play) {
			if p.engine != nil { // the RFC's times would make it long
				quick := protocol.DefaultTransmission()
				quick.AckTimeout = 300 * time.Millisecond
				p.engine.SetTransmission(quick)
			}
			if path == "/doc" {
				written(p, path)
			}
			for _, n := range networks {
				p.through(n)
				p.began = 0
				p.forget()
				switch pairing(i) {
				case libcoapWithLab:
					p.coap("", path)
				case nodeWithLab:
					p.node(step{"pathname": path})
				default:
					p.ask(protocol.GET, path, protocol.Content)
				}
				then(p)
				p.recovered()
			}
		})
	}
	return by
}

// recovered waits until a datagram was lost, and, where its sender has to, sent again as it was.
func (p *play) recovered() {
	p.Helper()
	state := func() (lost, again bool) {
		all := p.flow.recorded()
		for i, d := range all {
			if d.arrives {
				continue
			}
			m, err := protocol.Parse(d.data)
			check(p.T, err)
			// A response stands for the Empty ACK before it; and a client that has ended acknowledges nothing again.
			again = m.Type == protocol.Acknowledgement && m.Code == protocol.Empty && (d.way == toClient || p.engine == nil)
			for _, later := range all[i+1:] {
				again = again || later.way == d.way && string(later.data) == string(d.data)
			}
			return true, again
		}
		return false, false
	}
	for end := time.Now().Add(patience); ; {
		lost, again := state()
		if lost && again {
			return
		}
		if time.Now().After(end) {
			p.Fatalf("a datagram was lost: %v; sent again as it was: %v", lost, again)
		}
		<-time.After(5 * time.Millisecond)
	}
}
