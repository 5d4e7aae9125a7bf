package lint

import (
	"hash/maphash"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/track"
)

// message is what the rules need of a frame. Options are compared by hashes, so that nothing of the frame is kept.
type message struct {
	frame    uint64
	now      time.Duration
	from, to uint32 // endpoints
	reliable bool
	group    bool // sent to a multicast address

	kind        protocol.Type
	code        protocol.Code
	id          protocol.MessageID
	token       uint64 // hash
	tokenLength int
	size        int // of the whole message

	has             optionSet
	observe         uint32
	block1, block2  protocol.Block
	format, accept  uint32 // noFormat for none
	size1, size2    uint64
	maxAge          time.Duration // 60 s where it is absent (RFC 7252 §5.10.5)
	etags           etags
	echo            uint64
	requestTag      uint64
	noResponse      uint8
	resource        uint64 // method, URI and Accept
	registration    uint64 // all options that a registration must keep
	content         uint64 // what a retransmission must keep
	maxMessageSize  uint64
	extendedTokens  uint64
	payload, tokens []byte // of the frame

	info     track.FrameInfo
	exchange track.Exchange
}

// optionSet has a bit for each option that the rules ask for.
type optionSet uint32

const (
	hasObserve optionSet = 1 << iota
	hasBlock1
	hasBlock2
	hasQBlock
	hasQBlock1
	hasFormat
	hasAccept
	hasSize1
	hasSize2
	hasMaxAge
	hasETag
	hasEcho
	hasRequestTag
	hasNoResponse
	hasLocation
	hasOSCORE
	hasBlockWiseTransfer
	hasBadOption // a critical one that counts as unrecognised
)

func (s optionSet) has(o optionSet) bool { return s&o != 0 }

// etags are hashes of the ETags of a request, as far as there is room.
type etags struct {
	hash [4]uint32
	n    uint8 // more than there is room for, if there are more
}

func (e *etags) add(v []byte) {
	if int(e.n) < len(e.hash) {
		e.hash[e.n] = uint32(mix(offsetBasis, 0, v))
	}
	if e.n < 0xff {
		e.n++
	}
}

// lacks tells for certain that the other's first ETag is not among these.
func (e *etags) lacks(other *etags) bool {
	if int(e.n) > len(e.hash) {
		return false
	}
	for _, h := range e.hash[:e.n] {
		if h == other.hash[0] {
			return false
		}
	}
	return true
}

// FNV-1a, of 64 bits.
const (
	offsetBasis = 14695981039346656037
	prime       = 1099511628211
)

// mix takes an option into a hash.
func mix(h uint64, n protocol.OptionNumber, value []byte) uint64 {
	h = (h ^ uint64(n)) * prime
	h = (h ^ uint64(len(value))) * prime
	for _, b := range value {
		h = (h ^ uint64(b)) * prime
	}
	return h
}

var seed = maphash.MakeSeed()

// read takes what the rules need from a well-formed message.
func (m *message) read(t *dissect.Tree) {
	m.kind, m.code, m.id = t.Type, t.Code, t.MessageID
	m.size, m.payload, m.tokens = len(t.Bytes), t.Payload, t.Token
	m.tokenLength = len(t.Token)
	m.token = mix(offsetBasis, 0, t.Token)
	m.format, m.accept = noFormat, noFormat
	m.maxAge = 60 * time.Second
	signaling, request := m.code.IsSignaling(), m.code.IsRequest()
	resource, registration, rest := uint64(offsetBasis), uint64(offsetBasis), uint64(offsetBasis)
	for i := range t.Options {
		o := &t.Options[i]
		if o.Broken {
			continue
		}
		if signaling {
			m.signalingOption(o)
			continue
		}
		if request {
			switch o.Number {
			case protocol.ETag, protocol.Observe, protocol.Block1, protocol.Block2, protocol.Size1, protocol.Size2,
				protocol.Echo, protocol.HopLimit, protocol.QBlock1, protocol.QBlock2, protocol.OSCORE, protocol.RequestTag:
			default:
				registration = mix(registration, o.Number, o.Value)
			}
			switch o.Number {
			case protocol.URIHost, protocol.URIPort, protocol.URIPath, protocol.URIQuery, protocol.ProxyURI, protocol.ProxyScheme,
				protocol.Accept:
				resource = mix(resource, o.Number, o.Value)
			}
		} else if o.Number != protocol.Observe && o.Number != protocol.MaxAge {
			rest = mix(rest, o.Number, o.Value)
		}
		m.option(o)
	}
	m.resource = (resource ^ uint64(m.code)) * prime
	m.registration = registration
	if !request && m.has.has(hasObserve|hasMaxAge) {
		// These two are brought up to date at a retransmission (RFC 7641 §4.4, RFC 7252 §5.10.5).
		m.content = mix(rest, protocol.OptionNumber(m.code), t.Token) ^ maphash.Bytes(seed, t.Payload)
	} else {
		m.content = maphash.Bytes(seed, t.Bytes)
	}
	for i := range t.Findings {
		f := &t.Findings[i]
		if f.Severity != dissect.Error || f.Field < 0 || f.Field >= len(t.Fields) || !request {
			continue
		}
		switch f.ID {
		case "option-length-out-of-range", "option-repeated", "option-wrong-direction":
			if n := t.Fields[f.Field].Option; n >= 0 && t.Options[n].Number.Critical() {
				m.has |= hasBadOption
			}
		}
	}
}

// option takes the first option of a number; of ETag all.
func (m *message) option(o *dissect.OptionEntry) {
	first := o.Delta != 0
	number := func(bit optionSet) (uint64, bool) {
		v, ok := protocol.DecodeUint(o.Value)
		if !ok || !first {
			return 0, false
		}
		m.has |= bit
		return v, true
	}
	switch o.Number {
	case protocol.Observe:
		if v, ok := number(hasObserve); ok {
			m.observe = uint32(v) & (1<<24 - 1)
		}
	case protocol.Block1:
		if b, ok := protocol.DecodeBlock(o.Value); ok && first {
			m.block1, m.has = b, m.has|hasBlock1
		}
	case protocol.Block2:
		if b, ok := protocol.DecodeBlock(o.Value); ok && first {
			m.block2, m.has = b, m.has|hasBlock2
		}
	case protocol.QBlock1:
		m.has |= hasQBlock | hasQBlock1
	case protocol.QBlock2:
		m.has |= hasQBlock
	case protocol.ContentFormatOption:
		if v, ok := number(hasFormat); ok && v < noFormat {
			m.format = uint32(v)
		}
	case protocol.Accept:
		if v, ok := number(hasAccept); ok && v < noFormat {
			m.accept = uint32(v)
		}
	case protocol.Size1:
		if v, ok := number(hasSize1); ok {
			m.size1 = v
		}
	case protocol.Size2:
		if v, ok := number(hasSize2); ok {
			m.size2 = v
		}
	case protocol.MaxAge:
		if v, ok := number(hasMaxAge); ok {
			m.maxAge = time.Duration(min(v, 1<<32)) * time.Second
		}
	case protocol.ETag:
		m.has |= hasETag
		m.etags.add(o.Value)
	case protocol.Echo:
		m.has |= hasEcho
		m.echo = mix(offsetBasis, 0, o.Value)
	case protocol.RequestTag:
		m.requestTag = mix(m.requestTag+offsetBasis, 0, o.Value)
		m.has |= hasRequestTag
	case protocol.NoResponse:
		if v, ok := number(hasNoResponse); ok {
			m.noResponse = uint8(v)
		}
	case protocol.LocationPath, protocol.LocationQuery:
		m.has |= hasLocation
	case protocol.OSCORE:
		m.has |= hasOSCORE
	}
}

// signalingOption takes an option of a CSM or a Pong.
func (m *message) signalingOption(o *dissect.OptionEntry) {
	switch {
	case m.code == protocol.CSM && o.Number == protocol.MaxMessageSize:
		m.maxMessageSize, _ = protocol.DecodeUint(o.Value)
	case m.code == protocol.CSM && o.Number == protocol.BlockWiseTransfer:
		m.has |= hasBlockWiseTransfer
	case m.code == protocol.CSM && o.Number == protocol.ExtendedTokenLength:
		m.extendedTokens, _ = protocol.DecodeUint(o.Value)
	}
}
