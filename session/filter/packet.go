package filter

import (
	"net/netip"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// Source is what a [Packet] asks about its frame, when an expression needs it.
type Source interface {
	// Begin is the time of the first frame, to which times are relative.
	Begin() time.Time
	// Info is what the tracker knows of a frame.
	Info(s trace.Seq) track.FrameInfo
	// Exchange is what the tracker knows of an exchange.
	Exchange(x track.Index) (track.Exchange, bool)
	// Peer is the endpoint at the other side of a frame, and whether it sent the frame.
	Peer(f *trace.Frame, info track.FrameInfo) (peer netip.AddrPort, sent bool)
	// DeviceName is what the user calls an endpoint; its address where it has no other name.
	DeviceName(peer netip.AddrPort) string
	// Findings appends the rules that the frame breaks.
	Findings(rules []*dissect.Rule, s trace.Seq) []*dissect.Rule
	// RowText is all that the packet's row says, for filters that are words.
	RowText(s trace.Seq) string
}

// Packet is a frame as filters see it. What an expression does not ask for is not read. One Packet can be used
// for frame after frame with [Packet.Reset]; then most comparisons allocate nothing.
type Packet struct {
	Frame  *trace.Frame
	Source Source // nil where there is nothing but the frame

	message  protocol.Message
	err      error
	parsed   bool
	exchange track.Exchange
	info     track.FrameInfo
	rules    []*dissect.Rule
	known    known

	value   value // that get functions hand out
	scratch []byte
}

// known says what was fetched for the frame already.
type known struct{ info, exchange, hasExchange, rules bool }

// Reset makes p another frame, reusing its memory.
func (p *Packet) Reset(f *trace.Frame) {
	p.Frame, p.parsed, p.known = f, false, known{}
}

// Message gives the message, which is parsed once, and why it is none. Where there is an error, the message has
// what stands before it.
func (p *Packet) Message() (*protocol.Message, error) {
	if !p.parsed {
		p.parsed = true
		p.err = p.message.ParseFraming(p.Frame.Transport.Framing(), p.Frame.Data)
	}
	return &p.message, p.err
}

// datagram tells whether the frame has the header of a datagram, of version 1: then its fields are at fixed places.
func (p *Packet) datagram() bool {
	b := p.Frame.Data
	return !p.reliable() && len(b) >= protocol.HeaderLength && b[0]>>6 == protocol.Version
}

func (p *Packet) reliable() bool { return p.Frame.Transport.Framing().Reliable() }

// code gives the code; false where there is none.
func (p *Packet) code() (protocol.Code, bool) {
	if p.reliable() {
		m, err := p.Message()
		return m.Code, err == nil || m.Code != 0
	}
	if !p.datagram() {
		return 0, false
	}
	return protocol.Code(p.Frame.Data[1]), true
}

// Info gives what the tracker knows of the frame.
func (p *Packet) Info() track.FrameInfo {
	if !p.known.info {
		p.known.info, p.info = true, track.FrameInfo{}
		if p.Source != nil {
			p.info = p.Source.Info(p.Frame.Seq)
		}
	}
	return p.info
}

// Exchange gives the exchange that the frame belongs to; nil for none.
func (p *Packet) Exchange() *track.Exchange {
	if !p.known.exchange {
		p.known.exchange, p.known.hasExchange = true, false
		if x := p.Info().Exchange; x != 0 {
			p.exchange, p.known.hasExchange = p.Source.Exchange(x)
		}
	}
	if !p.known.hasExchange {
		return nil
	}
	return &p.exchange
}

// Rules gives the rules that the frame breaks.
func (p *Packet) Rules() []*dissect.Rule {
	if !p.known.rules {
		p.known.rules, p.rules = true, p.rules[:0]
		if p.Source != nil {
			p.rules = p.Source.Findings(p.rules, p.Frame.Seq)
		}
	}
	return p.rules
}

// peer gives the endpoint at the other side; of a frame without a source the sender.
func (p *Packet) peer() netip.AddrPort {
	if p.Source == nil {
		return p.Frame.Source
	}
	a, _ := p.Source.Peer(p.Frame, p.Info())
	return a
}
