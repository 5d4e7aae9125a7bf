package qblock

import (
	"io"
	"math"
	"math/rand/v2"
	"time"

	"coapscope/protocol"
)

// DefaultMaxBody is the largest body received into memory where the configuration does not say, in bytes.
const DefaultMaxBody = 64 << 20

// Sink takes a body block by block, in any order; *os.File is one.
type Sink interface {
	io.WriterAt
	Truncate(size int64) error
}

// Config has the preferences for a transfer. The zero value is a good choice.
type Config struct {
	Parameters Parameters // the zero value stands for the defaults

	// BlockSize is the size of blocks sent, and asked for, in bytes, rounded down to a power of two from 16
	// to 1024; 0 means 1024. A request's body up to it goes in one message.
	BlockSize int

	// ResponseBlockSize is that of blocks asked for, where it is not BlockSize.
	ResponseBlockSize int

	// MaxBody is the largest body received, in bytes; 0 means [DefaultMaxBody], and with a Sink what
	// 1,048,576 blocks hold.
	MaxBody int64

	// Sink, if set, takes the body of a successful (2.xx) response, and Done has no payload then. Where the
	// representation changes it is truncated to nothing and written anew.
	Sink Sink

	// RequestTag is that of the body sent; nil stands for four random bytes. A body that is sent anew gets
	// the next one, counted up as a number (RFC 9177 §4.3).
	RequestTag []byte

	// FailOnChange ends the transfer where the representation changes meanwhile, instead of going on with
	// the new one.
	FailOnChange bool

	// Supported says that the peer is known to do Q-Block, so that it need not be asked first.
	Supported bool

	// Timeout is how long to wait for the final response after all of the request was sent; 0 leaves that
	// to NON_MAX_RETRANSMIT, and for CON to NON_PARTIAL_TIMEOUT.
	Timeout time.Duration

	// Rand is the source of NON_TIMEOUT_RANDOM and of the Request-Tag; nil stands for one that cannot be
	// predicted.
	Rand rand.Source
}

// Parameters are those of RFC 9177 §7.2, and of RFC 7252 §4.8 as far as they matter here. Those that are
// derived from others by default are methods; a value greater than 0 in the field of that name takes the
// place of the derived one.
type Parameters struct {
	MaxPayloads      int           // MAX_PAYLOADS: blocks sent at one time; both peers must have the same
	NonMaxRetransmit int           // NON_MAX_RETRANSMIT, 0 to 16: how often missing blocks are asked for in vain
	NonTimeout       time.Duration // NON_TIMEOUT: the shortest delay between two sets of blocks
	AckRandomFactor  float64       // ACK_RANDOM_FACTOR, 1 to 10
	MaxLatency       time.Duration // MAX_LATENCY
	NStart           int           // NSTART: blocks sent as CON that are not acknowledged yet
	MaxTransmitSpan  time.Duration // MAX_TRANSMIT_SPAN: what is missing of CON responses is asked for after it

	NonReceiveTimeout time.Duration // NON_RECEIVE_TIMEOUT; see [Parameters.ReceiveTimeout]
	NonPartialTimeout time.Duration // NON_PARTIAL_TIMEOUT; see [Parameters.PartialTimeout]
	NonProbingWait    time.Duration // NON_PROBING_WAIT; see [Parameters.ProbingWait]
}

// DefaultParameters gives the default values of RFC 9177 §7.2.
func DefaultParameters() Parameters { return ParametersOf(protocol.DefaultTransmission()) }

// ParametersOf derives the parameters from those of the message layer as RFC 9177 §7.2 does by default.
func ParametersOf(t protocol.Transmission) Parameters {
	return Parameters{
		MaxPayloads:      10,
		NonMaxRetransmit: t.MaxRetransmit,
		NonTimeout:       t.AckTimeout,
		AckRandomFactor:  t.AckRandomFactor,
		MaxLatency:       t.MaxLatency,
		NStart:           t.NStart,
		MaxTransmitSpan:  t.MaxTransmitSpan(),
	}
}

// within moves values that are out of range into it.
func (p Parameters) within() Parameters {
	d := DefaultParameters()
	if p == (Parameters{}) {
		return d
	}
	if p.MaxPayloads <= 0 {
		p.MaxPayloads = d.MaxPayloads
	}
	p.MaxPayloads = min(p.MaxPayloads, maxOpen/2)
	p.NonMaxRetransmit = min(max(p.NonMaxRetransmit, 0), 16)
	if p.NonTimeout <= 0 {
		p.NonTimeout = d.NonTimeout
	}
	p.NonTimeout = min(p.NonTimeout, time.Hour)
	if !(p.AckRandomFactor >= 1) {
		p.AckRandomFactor = 1
	}
	p.AckRandomFactor = min(p.AckRandomFactor, 10)
	p.MaxLatency = min(max(p.MaxLatency, 0), 24*time.Hour)
	p.NStart = max(p.NStart, 1)
	if p.MaxTransmitSpan <= 0 {
		p.MaxTransmitSpan = d.MaxTransmitSpan
	}
	p.MaxTransmitSpan = min(p.MaxTransmitSpan, 24*time.Hour)
	p.NonReceiveTimeout = min(p.NonReceiveTimeout, time.Hour)
	return p
}

func (p Parameters) spread(d time.Duration) time.Duration {
	return time.Duration(float64(d) * p.AckRandomFactor)
}

// TimeoutRandom gives NON_TIMEOUT_RANDOM, the delay between two sets of blocks, for a random number from
// 0 to 1: NON_TIMEOUT to NON_TIMEOUT × ACK_RANDOM_FACTOR.
func (p Parameters) TimeoutRandom(random float64) time.Duration {
	return p.NonTimeout + time.Duration(random*float64(p.spread(p.NonTimeout)-p.NonTimeout))
}

// ReceiveTimeout gives NON_RECEIVE_TIMEOUT, the time to wait for a missing block before it is asked for:
// twice NON_TIMEOUT, but one second more than NON_TIMEOUT_RANDOM can be.
func (p Parameters) ReceiveTimeout() time.Duration {
	return max(p.either(p.NonReceiveTimeout, 2*p.NonTimeout), p.spread(p.NonTimeout)+time.Second)
}

// PartialTimeout gives NON_PARTIAL_TIMEOUT, after which a body that is not complete is given up.
func (p Parameters) PartialTimeout() time.Duration {
	return p.either(p.NonPartialTimeout, p.spread(p.NonTimeout*(1<<p.NonMaxRetransmit-1))+2*p.MaxLatency+p.NonTimeout)
}

// ProbingWait gives NON_PROBING_WAIT, the longest wait that PROBING_RATE can ask for between two bodies to
// a peer that does not respond, for a random number from 0 to 1. A [Transfer] sends no body to such a peer:
// unless it is known to do Q-Block, it is asked by a CON before.
func (p Parameters) ProbingWait(random float64) time.Duration {
	return p.either(p.NonProbingWait, p.spread(p.NonTimeout*(1<<p.NonMaxRetransmit-1))+2*p.MaxLatency+p.TimeoutRandom(random))
}

func (Parameters) either(set, derived time.Duration) time.Duration {
	if set > 0 {
		return set
	}
	return derived
}

// timeToWait gives the Time-to-Wait before what was asked for count times is asked for again.
func (p Parameters) timeToWait(count int) time.Duration {
	return p.ReceiveTimeout() << max(count-1, 0)
}

// random gives a number from 0 to 1.
func (c *Config) random() float64 { return float64(c.Rand.Uint64()>>11) / (1<<53 - 1) }

func (c *Config) complete() {
	c.Parameters = c.Parameters.within()
	if c.BlockSize == 0 {
		c.BlockSize = 1 << (maxSZX + 4)
	}
	if c.ResponseBlockSize == 0 {
		c.ResponseBlockSize = c.BlockSize
	}
	switch {
	case c.MaxBody > 0:
	case c.Sink != nil:
		c.MaxBody = math.MaxInt64
	default:
		c.MaxBody = DefaultMaxBody
	}
	if c.Rand == nil {
		c.Rand = global{}
	}
}

// global is the source of package rand, which cannot be predicted.
type global struct{}

func (global) Uint64() uint64 { return rand.Uint64() }
