package protocol

import "time"

// Values of the Observe option in a request (RFC 7641 §2).
const (
	ObserveRegister   = 0
	ObserveDeregister = 1
)

// ObserveFreshnessWindow is the time after which a notification counts as newer whatever its
// sequence number says (RFC 7641 §3.4).
const ObserveFreshnessWindow = 128 * time.Second

// ObserveFresher tells whether a notification with sequence number v2, received at t2, is newer
// than one with v1, received at t1: the rule of RFC 7641 §3.4, numbers modulo 2^24.
func ObserveFresher(v1 uint32, t1 time.Time, v2 uint32, t2 time.Time) bool {
	return v1 < v2 && v2-v1 < 1<<23 ||
		v1 > v2 && v1-v2 > 1<<23 ||
		t2.After(t1.Add(ObserveFreshnessWindow))
}
