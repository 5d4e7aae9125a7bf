package capture

import (
	"io"
	"net/netip"
	"slices"
	"unicode/utf8"

	"coapscope/protocol"
	"coapscope/session/trace"
)

// Choice says which UDP datagrams and TCP connections of a file become frames. Those on the port of coaps are
// encrypted and are skipped unless Ports has it. WebSockets that agree on the subprotocol coap are taken on any port.
type Choice struct {
	Ports []uint16 // a datagram from or to one of these is taken, and a connection
	// Guess takes a datagram that looks like CoAP, and any other of an endpoint that sent or got such a one, also what
	// comes from elsewhere to an endpoint that asks on one of Ports, and a connection that begins with a CSM (RFC 8323
	// §5.3).
	Guess bool
}

// DefaultChoice is the port of coap, and what looks like CoAP.
func DefaultChoice() Choice { return Choice{Ports: []uint16{protocol.Port}, Guess: true} }

// Read reads a pcap or pcapng file, gzipped or not, and calls add for each message of the
// [DefaultChoice]. See [Choice.Read].
func Read(r io.Reader, add func(trace.Frame)) (Stats, error) { return DefaultChoice().Read(r, add) }

// Read reads a pcap or pcapng file, gzipped or not, and calls add for each datagram chosen, and for each
// message of a TCP or WebSocket connection, with Direction [trace.Seen] and no Seq. The frame's Data is valid only
// until add returns; [trace.Log.Append] copies it. What came in fragments or segments has the time of the one that
// completed it. Time is zero where the file has none.
//
// The error, if any, is a *[DamageError]; what stood before the damage was given to add, and is in the Stats.
func (c Choice) Read(r io.Reader, add func(trace.Frame)) (Stats, error) {
	var stats Stats
	var fragments reassembly
	guess := guesser{}
	tcp := newStreams(&c, &stats, add)
	err := packets(r, func(p *packet) {
		stats.Packets++
		d, why := fragments.takeApart(p)
		if why == waiting {
			return // counted when it is complete or given up
		}
		if why == taken && d.tcp {
			tcp.take(p, &d)
			return
		}
		guessed := false
		if why == taken {
			why, guessed = c.choose(&d, guess)
		}
		if why != taken {
			stats.skipped[why]++
			return
		}
		stats.Frames++
		stats.Datagrams++
		if guessed {
			stats.Guessed++
		}
		add(trace.Frame{
			Time: p.time, Source: d.source, Destination: d.destination, Interface: p.iface,
			Direction: trace.Seen, Transport: trace.UDP, Data: d.data,
		})
	})
	fragments.close()
	tcp.close()
	stats.Joined = fragments.joined
	stats.skipped[SkipFragment] = fragments.lost
	return stats, err
}

// on tells whether the ports are among those chosen.
func (c *Choice) on(d *datagram) bool {
	return slices.Contains(c.Ports, d.source.Port()) || slices.Contains(c.Ports, d.destination.Port())
}

// secure tells whether the datagram is one of coaps.
func (d *datagram) secure() bool {
	return d.source.Port() == protocol.SecurePort || d.destination.Port() == protocol.SecurePort
}

func (c Choice) choose(d *datagram, guess guesser) (why Skip, guessed bool) {
	switch {
	case c.on(d):
		if c.Guess {
			guess.client(d)
		}
		return taken, false
	case d.secure():
		return SkipEncrypted, false
	case c.Guess && guess.likes(d):
		return taken, true
	}
	return SkipPort, false
}

// guesser finds CoAP on ports that do not say so: it remembers the endpoints of each request that can
// hardly be anything else.
type guesser map[netip.AddrPort]struct{}

const maxGuessed = 1 << 16

func (g guesser) likes(d *datagram) bool {
	_, source := g[d.source]
	_, destination := g[d.destination]
	if source || destination {
		return true
	}
	if !isRequest(d.data) {
		return false
	}
	if len(g) < maxGuessed {
		g[d.source], g[d.destination] = struct{}{}, struct{}{}
	}
	return true
}

// client remembers an endpoint that asks, so that an answer from the wrong port is there to be seen.
func (g guesser) client(d *datagram) {
	if _, known := g[d.source]; !known && len(g) < maxGuessed && isRequest(d.data) {
		g[d.source] = struct{}{}
	}
}

// isRequest tells whether the datagram is a request with a path, in which everything is registered and
// of legal length.
func isRequest(b []byte) bool {
	m, err := protocol.Parse(b)
	if _, known := m.Code.Info(); err != nil || !known || !m.Code.IsRequest() || m.Type > protocol.NonConfirmable || !m.Options.Has(protocol.URIPath) {
		return false
	}
	for _, o := range m.Options {
		row := o.Number.Lookup(m.Code)
		if row == nil || row.In&protocol.InRequest == 0 || len(o.Value) < row.MinLen || len(o.Value) > row.MaxLen ||
			row.Format == protocol.FormatString && !utf8.Valid(o.Value) {
			return false
		}
	}
	return true
}
