package lint

import "coapscope/protocol"

// connection is what a peer has said of itself on a reliable transport (RFC 8323 §5).
type connection struct {
	csm            uint64 // frame
	maxMessageSize uint64
	blockWise      bool
	tokenLength    uint64
	first          uint64 // frame of the first message, if that is no CSM
	firstCode      protocol.Code
	pings          [4]ping // the latest
	nextPing       uint8
	forgotten      uint64 // pings that there was no room for
	released       uint64 // frame
	aborted        uint64 // frame
}

type ping struct {
	token uint64
	frame uint64
}

// signaling applies the rules of a connection. On a reliable transport two endpoints are one connection.
func (l *Linter) signaling(m *message, mine, theirs *side) {
	r := l.relate(m.from, m.to, mine)
	peer := l.relate(m.to, m.from, theirs)
	if r.aborted != 0 && m.code != protocol.CSM {
		l.report(ruleAfterAbort, m, r.aborted, uint64(m.code), 0)
	}
	if m.code == protocol.CSM {
		l.csm(m, r, peer, mine)
		return
	}
	if !mine.sent {
		r.first, r.firstCode = m.frame, m.code
		if peer.csm != 0 && peer.first == 0 { // so the begin of the connection was seen
			l.report(ruleCSMMissing, m, 0, uint64(m.code), 0)
		}
	}
	mine.sent = true
	if peer.csm != 0 {
		if uint64(m.size) > peer.maxMessageSize {
			l.report(ruleMessageSize, m, peer.csm, peer.maxMessageSize, uint64(m.size))
		}
		if (m.has.has(hasBlock1) && m.block1.SZX == 7 || m.has.has(hasBlock2) && m.block2.SZX == 7) &&
			!(peer.blockWise && peer.maxMessageSize > defaultMaxMessageSize) {
			l.report(ruleBERT, m, peer.csm, 0, 0)
		}
		if m.code.IsRequest() && uint64(m.tokenLength) > peer.tokenLength {
			l.report(ruleExtendedTokenCSM, m, peer.csm, peer.tokenLength, uint64(m.tokenLength))
		}
	}
	switch {
	case m.code == protocol.Ping:
		if r.pings[r.nextPing].frame != 0 {
			r.forgotten++
		}
		r.pings[r.nextPing] = ping{m.token, m.frame}
		r.nextPing = (r.nextPing + 1) % uint8(len(r.pings))
	case m.code == protocol.Pong:
		l.pong(m, peer)
	case m.code == protocol.Release:
		r.released = m.frame
	case m.code == protocol.Abort:
		r.aborted = m.frame
	case m.code.IsRequest() && r.released != 0:
		l.report(ruleAfterRelease, m, r.released, uint64(m.code), 0)
	}
}

// defaultMaxMessageSize is that of a peer which does not say (RFC 8323 §5.3.1).
const defaultMaxMessageSize = 1152

// csm takes a CSM. Options that one leaves out keep the values of the CSM before (RFC 8323 §5.3).
func (l *Linter) csm(m *message, r, peer *relation, mine *side) {
	if r.aborted != 0 || peer.aborted != 0 { // nothing follows an Abort on its connection, so this is another one
		r.connection, peer.connection = connection{}, connection{}
	}
	if !mine.sent {
		r.connection = connection{} // a port may be used again
		if peer.first != 0 && peer.csm == 0 {
			l.reportLate(ruleCSMMissing, peer.first, m.frame, uint64(peer.firstCode), 0)
			peer.first = 0
		}
	}
	if r.csm == 0 {
		r.maxMessageSize, r.tokenLength = defaultMaxMessageSize, 8
	}
	r.csm = m.frame
	if m.maxMessageSize != 0 {
		r.maxMessageSize = m.maxMessageSize
	}
	if m.extendedTokens >= 8 {
		r.tokenLength = min(m.extendedTokens, protocol.MaxTokenLength)
	}
	r.blockWise = r.blockWise || m.has.has(hasBlockWiseTransfer)
	mine.sent = true
}

// pong takes a Pong (RFC 8323 §5.4).
func (l *Linter) pong(m *message, peer *relation) {
	if peer.csm == 0 {
		return // the begin of the connection was not seen, and so maybe not the Ping
	}
	for i := range peer.pings {
		p := &peer.pings[i]
		if p.frame == 0 || p.token != m.token {
			continue
		}
		*p = ping{}
		return
	}
	if peer.forgotten > 0 {
		peer.forgotten--
		return
	}
	l.report(rulePong, m, 0, 0, 0)
}
