package panel

import (
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"
)

func recordLine(id int, at time.Time, seq int, fresh bool, text string) string {
	until := at.Add(time.Minute).UnixNano()
	return fmt.Sprintf(`{"w":%d,"t":%d,"seq":%d,"fresh":%t,"until":%d,"cf":0,"p":%q}`+"\n", id, at.UnixNano(), seq, fresh, until, base64.StdEncoding.EncodeToString([]byte(text)))
}

func opener(text string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}
