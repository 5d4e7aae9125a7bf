package protocol

import (
	"net/netip"
	"time"
)

// Ports of the coap and coaps schemes (RFC 7252 §12.6, §12.7).
const (
	Port       = 5683
	SecurePort = 5684
)

// Multicast addresses of All CoAP Nodes (RFC 7252 §12.8).
var (
	AllNodesIPv4          = netip.AddrFrom4([4]byte{224, 0, 1, 187})
	AllNodesIPv6LinkLocal = netip.MustParseAddr("ff02::fd")
	AllNodesIPv6Realm     = netip.MustParseAddr("ff03::fd")
	AllNodesIPv6SiteLocal = netip.MustParseAddr("ff05::fd")
)

// Transmission holds the transmission parameters of RFC 7252 §4.8. The zero value is not
// usable; start from [DefaultTransmission].
type Transmission struct {
	AckTimeout      time.Duration // ACK_TIMEOUT
	AckRandomFactor float64       // ACK_RANDOM_FACTOR, at least 1
	MaxRetransmit   int           // MAX_RETRANSMIT, 0 or more
	NStart          int           // NSTART, at least 1
	DefaultLeisure  time.Duration // DEFAULT_LEISURE
	ProbingRate     float64       // PROBING_RATE, bytes a second
	MaxLatency      time.Duration // MAX_LATENCY (RFC 7252 §4.8.2)
}

// DefaultTransmission gives the parameters' default values (RFC 7252 §4.8).
func DefaultTransmission() Transmission {
	return Transmission{
		AckTimeout:      2 * time.Second,
		AckRandomFactor: 1.5,
		MaxRetransmit:   4,
		NStart:          1,
		DefaultLeisure:  5 * time.Second,
		ProbingRate:     1,
		MaxLatency:      100 * time.Second,
	}
}

func (t Transmission) spread(d time.Duration) time.Duration {
	return time.Duration(float64(d) * t.AckRandomFactor)
}

// MaxTransmitSpan is the time from the first to the last transmission of a CON, at most
// (MAX_TRANSMIT_SPAN, RFC 7252 §4.8.2).
func (t Transmission) MaxTransmitSpan() time.Duration {
	return t.spread(t.AckTimeout * (1<<t.MaxRetransmit - 1))
}

// MaxTransmitWait is the time from the first transmission of a CON until its sender gives up
// (MAX_TRANSMIT_WAIT, RFC 7252 §4.8.2).
func (t Transmission) MaxTransmitWait() time.Duration {
	return t.spread(t.AckTimeout * (1<<(t.MaxRetransmit+1) - 1))
}

// ExchangeLifetime is the time during which a CON's message ID must not be used again towards
// the same endpoint (EXCHANGE_LIFETIME, RFC 7252 §4.8.2).
func (t Transmission) ExchangeLifetime() time.Duration {
	return t.MaxTransmitSpan() + t.MaxRTT()
}

// NonLifetime is the same for a NON (NON_LIFETIME, RFC 7252 §4.8.2).
func (t Transmission) NonLifetime() time.Duration { return t.MaxTransmitSpan() + t.MaxLatency }

// MaxRTT is the longest round-trip time (MAX_RTT, RFC 7252 §4.8.2).
func (t Transmission) MaxRTT() time.Duration { return 2*t.MaxLatency + t.ProcessingDelay() }

// ProcessingDelay is PROCESSING_DELAY, set to ACK_TIMEOUT (RFC 7252 §4.8.2).
func (t Transmission) ProcessingDelay() time.Duration { return t.AckTimeout }
