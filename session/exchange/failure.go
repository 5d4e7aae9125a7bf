package exchange

import (
	"errors"
	"fmt"
	"time"

	"coapscope/protocol"
)

// Why an exchange fails, where there is no more to say.
var (
	// ErrReset: the peer rejected the message with a RST (RFC 7252 §4.2).
	ErrReset = errors.New("the peer rejected the message (RST)")

	// ErrLongToken: the same, and the request has a fixed token of more than 8 bytes, which is what an
	// endpoint without RFC 8974 rejects. It is an ErrReset too.
	ErrLongToken = fmt.Errorf("%w; its token, which is fixed, has more than 8 bytes, "+
		"and an endpoint without RFC 8974 rejects those: try a shorter one (§2.2.2)", ErrReset)

	// ErrRejected: a Reject had a notification answered with RST, which ended the exchange.
	ErrRejected = errors.New("the notification was rejected (RST), as was asked for")

	// ErrCancelled: a Cancel ended the exchange.
	ErrCancelled = errors.New("cancelled")

	// ErrID: the ID of the Send or Ping is 0 or belongs to an open exchange, which goes on.
	ErrID = errors.New("the exchange ID is in use; take one from NextID")

	// ErrNotRequest: only CON and NON messages that are not Empty can start an exchange.
	ErrNotRequest = errors.New("only a CON or NON message with a code can be sent as a request (RFC 7252 Table 1)")

	// ErrDestination: the address is not valid or the port is 0.
	ErrDestination = errors.New("the destination is not an address with a port")

	// ErrMulticastConfirmable: a multicast request must be NON.
	ErrMulticastConfirmable = errors.New("a multicast request must be Non-confirmable (RFC 7252 §8.1)")

	// ErrMessageIDInUse: the fixed message ID was used with the endpoint within its lifetime.
	ErrMessageIDInUse = errors.New("the message ID is in use with this endpoint until its EXCHANGE_LIFETIME ends (RFC 7252 §4.4)")
)

// TimeoutError: a CON was never acknowledged (RFC 7252 §4.2).
type TimeoutError struct {
	Attempts int           // transmissions
	Waited   time.Duration // since the first
}

func (e *TimeoutError) Error() string {
	times := "once"
	if e.Attempts != 1 {
		times = fmt.Sprintf("%d times", e.Attempts)
	}
	return fmt.Sprintf("no acknowledgement: sent %s in %.4g s (RFC 7252 §4.2)", times, e.Waited.Round(time.Millisecond).Seconds())
}

// Timeout is true, as in [net.Error].
func (e *TimeoutError) Timeout() bool { return true }

// NoResponseError: a CON was acknowledged, or a NON was sent, but no response came in time.
type NoResponseError struct {
	Acknowledged bool
	Waited       time.Duration // since the acknowledgement, or the transmission
}

func (e *NoResponseError) Error() string {
	if e.Acknowledged {
		return fmt.Sprintf("acknowledged, but no response within %s", e.Waited.Round(time.Millisecond))
	}
	return fmt.Sprintf("no response within %s", e.Waited.Round(time.Millisecond))
}

// Timeout is true, as in [net.Error].
func (e *NoResponseError) Timeout() bool { return true }

// UnreachableError: the message cannot be sent, or the network said that it cannot be delivered.
type UnreachableError struct{ Err error }

func (e *UnreachableError) Error() string { return fmt.Sprintf("unreachable: %v", e.Err) }

// Unwrap gives the network's error.
func (e *UnreachableError) Unwrap() error { return e.Err }

// CriticalOptionError: the response has a critical option that is not recognised, so it was
// rejected (RFC 7252 §5.4.1). Sending the request again would not change that.
type CriticalOptionError struct {
	Option  protocol.OptionNumber
	Problem string // what is wrong with it
	Message protocol.Message
}

func (e *CriticalOptionError) Error() string {
	return fmt.Sprintf("response rejected: critical option %s (%d) %s (RFC 7252 §5.4.1)", e.Option, uint16(e.Option), e.Problem)
}
