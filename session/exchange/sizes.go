package exchange

// Sizes are the numbers of entries of a [Machine]'s tables. Each goes back to zero when all exchanges have ended and
// their lifetimes are over (RFC 7252 §4.8.2).
type Sizes struct {
	Peers    int // endpoints that something is known of
	Open     int // exchanges that have not ended
	Sent     int // message IDs in use
	Tokens   int // of open exchanges, and of those that late responses may belong to
	Received int // messages whose duplicates are recognised
	Timers   int
	Expiries int // what waits for the end of a lifetime; of messages received, the first of those with the same one
	Starving int // endpoints that exchanges wait for a message ID of
}

// Sizes gives the numbers of entries of the machine's tables.
func (m *Machine) Sizes() Sizes {
	return Sizes{
		Peers: len(m.peers), Open: len(m.open), Sent: len(m.sent), Tokens: len(m.tokens), Received: m.received,
		Timers: len(m.timers), Expiries: len(m.expiries), Starving: len(m.starving),
	}
}
