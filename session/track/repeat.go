package track

import (
	"fmt"
	"hash/maphash"
)

// Repeat is why a request is another one again.
type Repeat uint8

const (
	NoRepeat    Repeat = iota
	RepeatEcho         // with the Echo option that 4.01 brought (RFC 9175 §2.3)
	RepeatToken        // with a shorter token, after an extended one was rejected (RFC 8974 §2.2.2)
)

// String gives the reason in words.
func (r Repeat) String() string {
	switch r {
	case NoRepeat:
		return "no repetition"
	case RepeatEcho:
		return "with Echo"
	case RepeatToken:
		return "with a shorter token"
	}
	return fmt.Sprintf("Repeat(%d)", uint8(r))
}

// plainToken is the longest token of endpoints without RFC 8974.
const plainToken = 8

// challenged remembers an exchange whose request the client should send again, with an Echo option or a shorter token.
func (t *Tracker) challenged(x *tracked, index Index, why Repeat, echo []byte) {
	key := repeatKey{transferKey: x.subject(), why: why}
	if why == RepeatEcho {
		key.echo = maphash.Bytes(t.seed, echo)
	}
	t.young.repeats[key] = uint32(index)
}

// repeatKey names a request that is expected.
type repeatKey struct {
	transferKey
	echo uint64
	why  Repeat
}

// repeats relates the request to the exchange that it is the repetition of.
func (t *Tracker) repeats(s *sighting, x *tracked, index Index) {
	if len(t.young.repeats)+len(t.old.repeats) == 0 {
		return
	}
	for _, why := range [...]Repeat{RepeatEcho, RepeatToken} {
		key := repeatKey{transferKey: x.subject(), why: why}
		switch {
		case why == RepeatEcho && s.echo == nil, why == RepeatToken && x.token.Len() > plainToken:
			continue
		case why == RepeatEcho:
			key.echo = maphash.Bytes(t.seed, s.echo)
		}
		i := Index(lookUp(t.young.repeats, t.old.repeats, key))
		if i == 0 {
			continue
		}
		delete(t.young.repeats, key)
		delete(t.old.repeats, key)
		before := t.at(i)
		if age := s.now - before.last; age > t.lifetime || age < -t.lifetime {
			continue
		}
		before.repeatedBy, x.repeats, x.why = index, i, why
		return
	}
}
