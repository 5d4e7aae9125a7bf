package snippet

import (
	"encoding/hex"
	"errors"
)

// writeHex gives the datagram, or the first of them, with the token and message ID that the user chose.
func writeHex(r *request) (string, error) {
	if r.datagram == nil {
		return "", errors.New("the payload is in a file, which is read when it is sent: hex can have the payload of any other form")
	}
	return hex.EncodeToString(r.datagram), nil
}
