package lab

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"coapscope/session/peertest"
)

// The lab to libcoap's client, with the features that libcoap has and go-coap has not.
func TestWithLibcoap(t *testing.T) {
	client := peertest.Program(t, "coap-client")
	dir := t.TempDir()
	file, body := filepath.Join(dir, "body"), Blob(6, 20_000)
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
	back := slices.Clone(body)
	slices.Reverse(back)
	quick := []string{"-L", "5"} // COAP_BLOCK_USE_LIBCOAP and COAP_BLOCK_TRY_Q_BLOCK; it asks for the body of a GET so with -b only
	type step struct {
		args []string
		uri  string
		want []byte // what the answer is, nil where that does not matter
		says []string
	}
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"Q-Block, NON", []step{
			{append(quick, "-N", "-m", "put", "-f", file), "store/upload", nil, []string{"Q-Block1:19/_/1024", "c:2.31", "c:2.04"}},
			{append(quick, "-N", "-b", "1024"), "store/upload", body, []string{"Q-Block2:10/M/1024", "Q-Block2:19/_/1024"}},
		}},
		{"Q-Block, CON", []step{
			{append(quick, "-m", "put", "-f", file), "store/upload", nil, []string{"Q-Block1:19/_/1024", "c:2.04"}},
			{append(quick, "-b", "1024"), "store/upload", body, []string{"t:CON c:2.05", "Q-Block2:19/_/1024"}},
		}},
		{"Q-Block, small blocks", []step{
			{append(quick, "-N", "-m", "put", "-b", "256", "-f", file), "store/upload", nil, []string{"Q-Block1:78/_/256", "c:2.04"}},
			{append(quick, "-N", "-b", "256"), "store/upload", body, []string{"Q-Block2:78/_/256"}},
		}},
		{"Q-Block, blocks that get lost", []step{
			{append(quick, "-N", "-m", "put", "-l", "3,11", "-f", file), "store/upload", nil, []string{"missing-blocks+cbor-seq", "c:2.04"}},
			{nil, "store/upload", body, nil},
		}},
		{"Q-Block, both ways", []step{
			{append(quick, "-N", "-m", "fetch", "-b", "1024", "-f", file), "store/mirror", back, []string{"Q-Block1:19/_/1024", "Q-Block2:19/_/1024"}},
		}},
		{"a device without Q-Block", []step{
			{append(quick, "-m", "put", "-f", file), "plugtest/large-update", nil, []string{"c:4.02", "Block1:19/_/1024", "c:2.04"}},
			{append(quick, "-b", "1024"), "plugtest/large-update", body, nil},
		}},
		{"Echo", []step{
			{[]string{"-m", "put", "-e", "0"}, "actuator/actuators/lock", nil, []string{"c:4.01", "c:2.04"}},
			{nil, "actuator/actuators/lock", []byte("0"), nil},
		}},
		{"PATCH in blocks", []step{
			{[]string{"-m", "patch", "-b", "512", "-f", file}, "store/mirror", back, nil},
		}},
		{"proxy", []step{
			{[]string{"-P", "coap://STORE", "-b", "256"}, "plugtest/large", lines(1700), nil},
			{[]string{"-P", "coap://STORE", "-H", "1"}, "plugtest/test", nil, []string{"5.08 store"}},
			{[]string{"-P", "coap://STORE"}, "difficult/slow?s=1.6", nil, []string{"t:ACK c:0.00", "t:CON c:2.05"}},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, _ := startLab(t, func(c *Config) { c.Clock = nil })
			address := func(name string) string {
				d, err := l.Device(name)
				if err != nil {
					t.Fatal(err)
				}
				return d.Addr.String()
			}
			for _, s := range c.steps {
				host, path, _ := strings.Cut(s.uri, "/")
				out := filepath.Join(t.TempDir(), "out")
				args := append([]string{"-v", "7", "-B", "20", "-o", out}, s.args...)
				for i := range args {
					args[i] = strings.ReplaceAll(args[i], "STORE", address("store"))
				}
				log, err := exec.CommandContext(t.Context(), client, append(args, "coap://"+address(host)+"/"+path)...).CombinedOutput()
				if err != nil {
					t.Fatalf("%s: %v\n%s", s.uri, err, log)
				}
				if got, err := os.ReadFile(out); s.want != nil && (err != nil || !bytes.Equal(got, s.want)) {
					t.Errorf("%s: %d octets, not the %d expected, %v\n%s", s.uri, len(got), len(s.want), err, log)
				} else {
					log = append(log, got...)
				}
				for _, said := range s.says {
					if !bytes.Contains(log, []byte(said)) {
						t.Errorf("%s: no %q in\n%s", s.uri, said, log)
					}
				}
			}
		})
	}
}
