package exchange

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"slices"
	"time"

	"coapscope/protocol"
)

// MessageIDPolicy tells how message IDs are chosen. Whichever it is, an ID is never used twice
// with an endpoint within EXCHANGE_LIFETIME (RFC 7252 §4.4), unless that is asked for.
type MessageIDPolicy uint8

const (
	SequentialMessageIDs MessageIDPolicy = iota // for each endpoint from a random one on, each one more than the last
	RandomMessageIDs
)

// TokenPolicy tells how tokens are chosen. Whichever it is, the machine gives none that another
// open exchange with the endpoint has (RFC 7252 §5.3.1).
type TokenPolicy uint8

const (
	RandomTokens     TokenPolicy = iota
	SequentialTokens             // 1, 2, 3 and so on as a number in network byte order, for all endpoints together

	// EmptyTokens gives the empty token, and a random one to a multicast request and to a request
	// to an endpoint with which an exchange with the empty token is open: RFC 7252 §5.3.1 finds it
	// appropriate for requests made one after the other.
	EmptyTokens
)

// Identifiers says how the message IDs and tokens of requests are chosen. The zero value is fit for use.
type Identifiers struct {
	MessageIDs MessageIDPolicy

	// Recycle takes, when all 65,536 message IDs of an endpoint were used within EXCHANGE_LIFETIME,
	// the one whose exchange ended longest ago, instead of waiting for one to be free. That is less
	// than RFC 7252 §4.4 asks for: the endpoint may take the request for an old one.
	Recycle bool

	Tokens TokenPolicy

	// TokenLength is the number of bytes of a token that is not empty, up to
	// [protocol.MaxTokenLength]; 0 stands for 4. Where all tokens of so few bytes are in use it is
	// one that is longer.
	//
	// More than 8 bytes take an endpoint that has RFC 8974. A CON tries it (§2.2.2): if it is reset,
	// it is sent again with 8 bytes ([TokenShortened]), and so are further requests to the endpoint.
	// A NON, whose rejection may be silent, has more than 8 bytes only after a response to a longer
	// token has shown that the endpoint knows them. What is found out is relied on for 30 minutes.
	TokenLength int
}

// SetIdentifiers changes how the identifiers of requests that are sent from now on are chosen.
// The next Handle, which may be at once, sends what they let go.
func (m *Machine) SetIdentifiers(i Identifiers) {
	m.identifiers = i.inRange()
	m.retuned = true
}

// SetIdentifiersOf does that for the requests to one endpoint; nil stands for what is set for all.
func (m *Machine) SetIdentifiersOf(to netip.AddrPort, i *Identifiers) {
	m.configure(to, func(s *settings) {
		s.identifiers = nil
		if i != nil {
			own := i.inRange()
			s.identifiers = &own
		}
	})
}

// defaultTokenLength is that of 32 random bits (RFC 7252 §5.3.1).
const defaultTokenLength = 4

func (i Identifiers) inRange() Identifiers {
	if i.TokenLength <= 0 {
		i.TokenLength = defaultTokenLength
	}
	i.TokenLength = min(i.TokenLength, protocol.MaxTokenLength)
	return i
}

// messageID gives the message ID to use, or notes that the peer waits for one.
func (m *Machine) messageID(e *exchange, draft *protocol.Message) (protocol.MessageID, bool) {
	if e.fixedID {
		return draft.MessageID, true
	}
	p, i := e.peer, m.identifiersOf(e)
	if id, ok := m.takeMessageID(p, i.MessageIDs); ok {
		return id, true
	}
	if old := p.firstEnded; i.Recycle && old != nil { // it is registered: unregister sees to that
		m.unregister(old)
		return old.message, true
	}
	p.starving = true
	m.starving = append(m.starving, p)
	return 0, false
}

// takeMessageID finds a message ID that is in use neither with the peer nor with a group, and for
// a group with no peer at all (RFC 7252 §4.4, §8.1).
func (m *Machine) takeMessageID(p *peer, policy MessageIDPolicy) (protocol.MessageID, bool) {
	id := p.nextID
	if policy == RandomMessageIDs || !p.begun {
		id = protocol.MessageID(m.rand.Uint64() >> 48)
	}
	if p.sent > 0xffff {
		return 0, false
	}
	for range 1 << 16 {
		if p.used != nil {
			id = p.used.next(id)
		}
		if !m.inUse(p, id) {
			p.begun, p.nextID = true, id+1
			return id, true
		}
		id++
	}
	return 0, false
}

func (m *Machine) inUse(p *peer, id protocol.MessageID) bool {
	if m.sent[messageKey{p, id}] != nil {
		return true
	}
	for _, g := range m.groups {
		if m.sent[messageKey{g, id}] != nil {
			return true
		}
	}
	return p.group && m.sentTo[id] > 0
}

// messageIDs is a set of message IDs in which the next that is free is found in a few steps.
type messageIDs struct {
	words [1 << 10]uint64 // a bit for each that is in use
	full  [1 << 4]uint64  // a bit for each word that has no free one
}

// manyMessageIDs are so many that it is worth having the set.
const manyMessageIDs = 1 << 12

// use enters a message ID of the peer, which Machine.sent has already.
func (p *peer) use(m *Machine, id protocol.MessageID) {
	if p.used != nil {
		p.used.take(id)
		return
	}
	if p.sent >= manyMessageIDs {
		p.used = new(messageIDs)
		for key := range m.sent {
			if key.peer == p {
				p.used.take(key.id)
			}
		}
	}
}

func (s *messageIDs) take(id protocol.MessageID) {
	w := id >> 6
	s.words[w] |= 1 << (id & 63)
	if s.words[w] == 1<<64-1 {
		s.full[w>>6] |= 1 << (w & 63)
	}
}

func (s *messageIDs) free(id protocol.MessageID) {
	w := id >> 6
	s.words[w] &^= 1 << (id & 63)
	s.full[w>>6] &^= 1 << (w & 63)
}

// next gives the first free one from id on, around the end; id itself if there is none.
func (s *messageIDs) next(id protocol.MessageID) protocol.MessageID {
	w := id >> 6
	if free := ^s.words[w] >> (id & 63); free != 0 {
		return id + protocol.MessageID(bits.TrailingZeros64(free))
	}
	w = (w + 1) & 0x3ff
	for range len(s.full) + 1 {
		if free := ^s.full[w>>6] >> (w & 63); free != 0 {
			w += protocol.MessageID(bits.TrailingZeros64(free))
			return w<<6 + protocol.MessageID(bits.TrailingZeros64(^s.words[w]))
		}
		w = (w>>6 + 1) & 0xf << 6
	}
	return id
}

// longTokens tells whether an endpoint has tokens of more than 8 bytes (RFC 8974 §2.2.2).
type longTokens uint8

const (
	unknown longTokens = iota
	supported
	refused
)

const (
	shortToken         = 8                // bytes that every endpoint has
	longTokensLifetime = 30 * time.Minute // of what is known about longer ones: an address is taken to be valid that long
)

// longTokensOf tells what is known of the peer by now.
func (m *Machine) longTokensOf(p *peer) longTokens {
	if m.now >= p.longTokensUntil {
		return unknown
	}
	return p.longTokens
}

// takeToken finds a token for a request by the policy.
func (m *Machine) takeToken(e *exchange) protocol.Token {
	i := m.identifiersOf(e)
	if i.Tokens == EmptyTokens && !e.multicast && m.unused(e, protocol.Token{}, true) { // of those that have ended nothing comes any more, as a rule
		return protocol.Token{}
	}
	length := i.TokenLength
	if known := m.longTokensOf(e.peer); length > shortToken && (known == refused || known == unknown && !e.confirmable) {
		length = shortToken
	}
	for ; ; length++ {
		b := m.tokenBytes(i.Tokens, length)
		for range 1 << min(8*length, 10) {
			token := protocol.TokenOf(b)
			if m.unused(e, token, false) {
				return token
			}
			if i.Tokens == SequentialTokens {
				m.lastToken++
			}
			increment(b)
		}
	}
}

// tokenBytes gives the first token of a length to try.
func (m *Machine) tokenBytes(policy TokenPolicy, length int) []byte {
	b := slices.Grow(m.tokenScratch[:0], length)[:length]
	m.tokenScratch = b
	if policy == SequentialTokens {
		clear(b)
		m.lastToken++
		for i := range min(length, 8) {
			b[length-1-i] = byte(m.lastToken >> (8 * i))
		}
		return b
	}
	var word [8]byte
	for at := 0; at < length; at += 8 {
		binary.BigEndian.PutUint64(word[:], m.rand.Uint64())
		copy(b[at:], word[:])
	}
	return b
}

// increment takes the bytes for a number in network byte order.
func increment(b []byte) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i]++
		if b[i] != 0 {
			return
		}
	}
}

// unused tells whether no exchange has the token, with the endpoint or with a group, or none but
// ended ones that are remembered. For a group that is so with every endpoint: any may respond.
func (m *Machine) unused(e *exchange, token protocol.Token, orEnded bool) bool {
	used := func(p *peer) bool {
		x := m.tokens[tokenKey{p, token}]
		return x != nil && !(orEnded && x.state == stateEnded)
	}
	if used(e.peer) || len(m.groups) > 0 && used(nil) {
		return false
	}
	if e.multicast {
		for _, p := range m.peers {
			if x := m.tokens[tokenKey{p, token}]; x != nil && x.state != stateEnded {
				return false
			}
		}
	}
	return true
}
