package filter

import (
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// signed maps a duration to a number that has the same order.
func signed(d time.Duration) uint64 { return uint64(d) ^ 1<<63 }

func duration(n uint64) time.Duration { return time.Duration(n ^ 1<<63) }

// one makes a getter of a field that has one value at most. read puts it into p.value.
func one(read func(p *Packet) bool) get {
	return func(p *Packet, at int) int {
		if at > 0 {
			return 0
		}
		p.value = value{}
		if !read(p) {
			return 0
		}
		return 1
	}
}

// number is one for a value that is a number.
func number(read func(p *Packet) (uint64, bool)) get {
	return one(func(p *Packet) (ok bool) {
		p.value.n, ok = read(p)
		return ok
	})
}

// Words of the fields that have a few.
var (
	typeWords      = []string{"CON", "NON", "ACK", "RST"}
	directionWords = []string{"sent", "received", "seen"}
	transportWords = []string{"UDP", "DTLS", "TCP", "TLS", "WebSocket"}
	severityWords  = []string{"note", "warning", "error"}
	stateWords     = []string{"open", "acknowledged", "answered", "reset", "observing", "cancelled", "silent"}
	roleWords      = []string{
		"unknown", "malformed", "unmatched", "request", "retransmission", "acknowledgement", "piggybacked", "separate",
		"notification", "duplicate", "reset", "ping", "pong", "signalling", "response", "stale",
	}
)

// Roles that are no track.Role.
const (
	roleResponse = uint64(track.RoleSignalling) + 1 + iota
	roleStale
)

// table has all fields; those of options follow from the registry.
var table = append([]Field{
	{Name: "frame.number", Kind: Number, About: "number of the packet", get: number(func(p *Packet) (uint64, bool) { return uint64(p.Frame.Seq), true })},
	{Name: "time", Kind: Duration, style: secondsStyle, About: "time since the first packet", get: number(func(p *Packet) (uint64, bool) {
		if p.Source == nil {
			return 0, false
		}
		return signed(p.Frame.Time.Sub(p.Source.Begin())), true
	})},
	{Name: "direction", Kind: Choice, Choices: directionWords, About: "sent or received by this program, or seen between two others", get: number(func(p *Packet) (uint64, bool) { return uint64(p.Frame.Direction), true })},
	{Name: "transport", Kind: Choice, Choices: transportWords, About: "what carried the packet", get: number(func(p *Packet) (uint64, bool) { return uint64(p.Frame.Transport), true })},
	{Name: "peer", Kind: Endpoint, About: "the device at the other side, by name or address", get: one(func(p *Packet) bool {
		p.value.endpoint = p.peer()
		return true
	})},
	{Name: "src", Kind: Endpoint, About: "who sent the packet, by name or address", get: one(func(p *Packet) bool {
		p.value.endpoint = p.Frame.Source
		return true
	})},
	{Name: "dst", Kind: Endpoint, About: "where the packet went, by name or address", get: one(func(p *Packet) bool {
		p.value.endpoint = p.Frame.Destination
		return true
	})},
	{Name: "port", Kind: Number, About: "source or destination port", get: func(p *Packet, at int) int {
		if at == 2 {
			return 0
		}
		p.value = value{n: uint64(p.Frame.Source.Port())}
		if at == 1 {
			p.value.n = uint64(p.Frame.Destination.Port())
		}
		return at + 1
	}},
	{Name: "len", Kind: Number, About: "length of the message in bytes", get: number(func(p *Packet) (uint64, bool) { return uint64(len(p.Frame.Data)), true })},

	{Name: "version", Kind: Number, About: "CoAP version (RFC 7252 §3)", get: number(func(p *Packet) (uint64, bool) {
		if p.reliable() || len(p.Frame.Data) == 0 {
			return 0, false
		}
		return uint64(p.Frame.Data[0] >> 6), true
	})},
	{Name: "type", Kind: Choice, Choices: typeWords, About: "message type (RFC 7252 §3)", get: number(func(p *Packet) (uint64, bool) {
		if !p.datagram() {
			return 0, false
		}
		return uint64(p.Frame.Data[0] >> 4 & 3), true
	})},
	{Name: "tkl", Kind: Number, About: "token length field (RFC 7252 §3)", get: number(func(p *Packet) (uint64, bool) {
		if len(p.Frame.Data) == 0 || !p.reliable() && !p.datagram() {
			return 0, false
		}
		return uint64(p.Frame.Data[0] & 15), true
	})},
	{Name: "code", Kind: Code, About: "method or response code (RFC 7252 §12.1)", get: number(func(p *Packet) (uint64, bool) {
		c, ok := p.code()
		return uint64(c), ok
	})},
	{Name: "code.class", Kind: Number, About: "0 request, 2 success, 4 and 5 error, 7 signalling", get: number(func(p *Packet) (uint64, bool) {
		c, ok := p.code()
		return uint64(c.Class()), ok
	})},
	{Name: "code.detail", Kind: Number, About: "the digits behind the point", get: number(func(p *Packet) (uint64, bool) {
		c, ok := p.code()
		return uint64(c.Detail()), ok
	})},
	{Name: "mid", Kind: Number, style: hexStyle, About: "message ID (RFC 7252 §4.4)", get: number(func(p *Packet) (uint64, bool) {
		if !p.datagram() {
			return 0, false
		}
		return uint64(p.Frame.Data[2])<<8 | uint64(p.Frame.Data[3]), true
	})},
	{Name: "token", Kind: Bytes, style: emptyStyle, About: "token (RFC 7252 §5.3.1)", get: one(func(p *Packet) bool {
		m, err := p.Message()
		p.scratch = m.Token.Append(p.scratch[:0])
		p.value.b = p.scratch
		return err == nil || len(p.value.b) > 0
	})},
	{Name: "token.len", Kind: Number, About: "length of the token in bytes", get: number(func(p *Packet) (uint64, bool) {
		m, err := p.Message()
		return uint64(m.Token.Len()), err == nil || m.Token.Len() > 0
	})},

	{Name: "uri", Kind: Text, About: "path and query of the request that the packet belongs to", get: one(func(p *Packet) bool {
		path, query, ok := p.resource()
		p.value.s = path
		if query != "" {
			p.scratch = append(append(append(p.scratch[:0], path...), '?'), query...)
			p.value.s, p.value.b = "", p.scratch
		}
		return ok
	})},
	{Name: "path", Kind: Text, About: "path of the request that the packet belongs to", get: one(func(p *Packet) (ok bool) {
		p.value.s, _, ok = p.resource()
		return ok
	})},
	{Name: "query", Kind: Text, About: "query of the request that the packet belongs to", get: one(func(p *Packet) bool {
		_, p.value.s, _ = p.resource()
		return p.value.s != ""
	})},
	{Name: "host", Kind: Text, About: "Uri-Host, or else the address of the server", get: one(readHost)},

	{Name: "payload", Kind: Bytes, style: bodyStyle, About: "payload, as bytes or as text in quotes", get: one(func(p *Packet) bool {
		m, err := p.Message()
		p.value.b = m.Payload
		return err == nil || len(m.Payload) > 0
	})},
	{Name: "payload.len", Kind: Number, About: "length of the payload in bytes", get: number(func(p *Packet) (uint64, bool) {
		m, err := p.Message()
		return uint64(len(m.Payload)), err == nil
	})},

	{Name: "role", Kind: Choice, Choices: roleWords, About: "what the packet does in its exchange", get: readRole},
	{Name: "exchange", Kind: Number, About: "number of the exchange that the packet belongs to", get: number(func(p *Packet) (uint64, bool) {
		x := p.Info().Exchange
		return uint64(x), x != 0
	})},
	{Name: "exchange.state", Kind: Choice, Choices: stateWords, About: "how far that has come; silent where No-Response asks for no answer (RFC 7967)", get: number(func(p *Packet) (uint64, bool) {
		x := p.Exchange()
		if x == nil {
			return 0, false
		}
		return uint64(x.State), true
	})},
	{Name: "transfer", Kind: Number, About: "number of the block-wise transfer that the packet has a part in (RFC 7959, RFC 9177)", get: number(func(p *Packet) (uint64, bool) {
		i := p.Info().Transfer
		return uint64(i), i != 0
	})},
	{Name: "exchange.observation", Kind: Number, About: "number of the observation that it began, renewed or ended (RFC 7641)", get: number(func(p *Packet) (uint64, bool) {
		x := p.Exchange()
		if x == nil {
			return 0, false
		}
		return uint64(x.Observation), x.Observation != 0
	})},
	{Name: "responders", Kind: Number, About: "how many answered the multicast request that the packet belongs to (RFC 7252 §8.2)", get: number(func(p *Packet) (uint64, bool) {
		x := p.Exchange()
		if x == nil {
			return 0, false
		}
		return uint64(x.Responders), x.Multicast
	})},
	{Name: "proxy", Kind: Text, About: "URI that a forward proxy is asked for (RFC 7252 §5.7.2)", get: one(func(p *Packet) bool {
		x := p.Exchange()
		if x != nil {
			p.value.s = x.Proxy
		}
		return p.value.s != ""
	})},
	{Name: "related", Kind: Number, About: "number of the packet that this one answers or repeats", get: number(func(p *Packet) (uint64, bool) {
		n := p.Info().Related
		return n, n != 0
	})},
	{Name: "rtt", Kind: Duration, About: "time since the packet that this one answers", get: number(func(p *Packet) (uint64, bool) {
		d := p.Info().RTT
		return signed(d), d != 0
	})},
	{Name: "retransmission", Kind: Number, About: "which retransmission this is, from 1", get: number(func(p *Packet) (uint64, bool) {
		info := p.Info()
		return uint64(info.Number), info.Role == track.RoleRetransmission
	})},
	{Name: "finding", Kind: Text, About: "rule that the packet breaks", get: func(p *Packet, at int) int {
		rules := p.Rules()
		if at >= len(rules) {
			return 0
		}
		p.value = value{s: rules[at].ID}
		return at + 1
	}},
	{Name: "severity", Kind: Choice, Choices: severityWords, About: "how grave what is wrong is", get: func(p *Packet, at int) int {
		rules := p.Rules()
		if at >= len(rules) {
			return 0
		}
		p.value = value{n: uint64(rules[at].Severity)}
		return at + 1
	}},
	{Name: "malformed", Kind: Flag, About: "no CoAP message", get: one(func(p *Packet) bool {
		_, err := p.Message()
		return err != nil
	})},
}, optionFields()...)

var byName = func() map[string]*Field {
	m := make(map[string]*Field, len(table))
	for i := range table {
		m[table[i].Name] = &table[i]
	}
	return m
}()

// The words of these are at the places of their numbers.
var (
	_ = [1]struct{}{}[dissect.Error-2]
	_ = [1]struct{}{}[trace.WebSocket-4]
	_ = [1]struct{}{}[track.RoleSignalling-13]
	_ = [1]struct{}{}[track.StateSilent-6]
)

// resource gives path and query of the request that the packet belongs to.
func (p *Packet) resource() (path, query string, ok bool) {
	if x := p.Exchange(); x != nil && x.RequestSeen {
		return x.Path, x.Query, x.Method.IsRequest()
	}
	m, _ := p.Message()
	if !m.Code.IsRequest() {
		return "", "", false
	}
	return m.Path(), strings.Join(m.Options.Strings(protocol.URIQuery), "&"), true
}

func readHost(p *Packet) bool {
	m, err := p.Message()
	if v, ok := m.Options.First(protocol.URIHost); ok && !m.Code.IsSignaling() {
		p.value.b = v
		return true
	}
	server := p.Frame.Destination
	if x := p.Exchange(); x != nil {
		server = x.Server
	} else if m.Code.IsResponse() {
		server = p.Frame.Source
	}
	if err != nil || !server.IsValid() {
		return false
	}
	p.scratch = server.Addr().AppendTo(p.scratch[:0])
	p.value.b = p.scratch
	return true
}

// readRole gives the roles of a packet: that of the tracker, that of any response, and that of one out of order.
func readRole(p *Packet, at int) int {
	info := p.Info()
	switch at {
	case 0:
		p.value = value{n: uint64(info.Role)}
		return 1
	case 1:
		switch info.Role {
		case track.RolePiggybacked, track.RoleSeparate, track.RoleNotification, track.RoleDuplicateResponse:
			p.value = value{n: roleResponse}
			return 2
		}
		fallthrough
	case 2:
		if info.Stale {
			p.value = value{n: roleStale}
			return 3
		}
	}
	return 0
}
