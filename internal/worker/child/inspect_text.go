package child

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

const (
	// Up to this size, in bytes, a text file is read whole to find its types.
	wholeBelow = 256 << 20
	sampleRows = "200000"
	// Gzip and zstd make text about this much smaller.
	packed = 5
)

// compression gives the reader's option from a file's name.
func compression(file string) string {
	switch {
	case strings.HasSuffix(strings.ToLower(file), ".gz"):
		return "gzip"
	case strings.HasSuffix(strings.ToLower(file), ".zst"):
		return "zstd"
	default:
		return "" // the reader sees by itself that there is none
	}
}

// sample gives the reader's sample size: all of it where that is cheap.
func sample(r query.InspectRequest) string {
	var size int64
	for _, f := range r.Files {
		size += f.Size
	}
	if size <= wholeBelow {
		return "-1"
	}
	return sampleRows
}

// lookCSV finds the dialect in the first file, then the types in all of them
// with that dialect.
func lookCSV(ctx context.Context, conn *duck.Conn, r query.InspectRequest) (query.Inspection, error) {
	files := paths(r.Files)
	text, err := conn.Query(ctx, `SELECT Delimiter, Quote, Escape, NewLineDelimiter, Comment, SkipRows::BIGINT, HasHeader,
		DateFormat, TimestampFormat FROM sniff_csv(`+query.QuoteLiteral(literal(files[:1])[0])+")")
	if err != nil {
		return query.Inspection{}, err //nolint:wrapcheck // becomes the inspection's fault
	}
	if len(text.Rows) != 1 {
		return query.Inspection{}, fault.New(fault.TableUnreadable, "the file is empty")
	}
	v := text.Strings(0)
	o := query.ReaderOptions{
		Delimiter: character(v[0]), Quote: character(v[1]), Escape: character(v[2]), NewLine: newLine(v[3]),
		Comment: character(v[4]), Header: v[6] == "true", DateFormat: v[7], TimestampFormat: v[8],
		Compression: compression(files[0]),
	}
	for _, digit := range v[5] {
		o.SkipRows = o.SkipRows*10 + int64(digit-'0')
	}
	source := &reader{function: "read_csv", files: files}
	source.dialect(o)
	source.set("auto_detect", "true")
	source.set("sample_size", sample(r))
	columns, err := describe(ctx, conn, source, r.PartitionColumns)
	if err != nil {
		return query.Inspection{}, err
	}
	return query.Inspection{Columns: columns, Options: o, Rows: estimate(r.Files)}, nil
}

// character drops sniff_csv's words for "none".
func character(s string) string {
	if s == "(empty)" || s == "\x00" {
		return ""
	}
	return s
}

// newLine keeps what the reader takes.
func newLine(s string) string {
	switch s {
	case `\n`, `\r\n`, `\r`:
		return s
	default:
		return ""
	}
}

// lookJSON finds out how the records are laid out, then their types.
func lookJSON(ctx context.Context, conn *duck.Conn, r query.InspectRequest) (query.Inspection, error) {
	files := paths(r.Files)
	layouts := []string{"newline_delimited", "unstructured"}
	if first(files[0]) == '[' {
		layouts = []string{"array"}
	}
	var problem error
	for _, layout := range layouts {
		o := query.ReaderOptions{JSONFormat: layout, Compression: compression(files[0])}
		source := &reader{function: "read_json", files: files}
		source.text("format", layout)
		source.text("compression", o.Compression)
		source.set("sample_size", sample(r))
		source.set("maximum_sample_files", "1000000")
		columns, err := describe(ctx, conn, source, r.PartitionColumns)
		if err == nil {
			return query.Inspection{Columns: columns, Options: o, Rows: estimate(r.Files)}, nil
		}
		if passing(err) {
			return query.Inspection{}, err
		}
		problem = errors.Join(problem, err)
	}
	return query.Inspection{}, problem
}

// open gives a file's text.
func open(path string) (io.ReadCloser, error) {
	f, err := os.Open(path) //nolint:gosec // the supervisor names the files
	if err != nil {
		return nil, fault.Wrap(err, fault.TableUnreadable, "the file cannot be opened")
	}
	if compression(path) != "gzip" {
		return f, nil
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, errors.Join(fault.Wrap(err, fault.TableUnreadable, "the file is not gzip"), f.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{z, f}, nil
}

// first gives the first byte of a text file that is no blank, 0 if none.
func first(path string) byte {
	f, err := open(path)
	if err != nil {
		return 0
	}
	defer f.Close() //nolint:errcheck // read only
	r := bufio.NewReader(f)
	for {
		b, err := r.ReadByte()
		if err != nil {
			return 0
		}
		if b != ' ' && b != '\t' && b != '\n' && b != '\r' && b != 0xef && b != 0xbb && b != 0xbf {
			return b
		}
	}
}

// estimate gives the rows of text files from the lines at the start of the
// first one.
func estimate(files []query.File) int64 {
	f, err := open(files[0].Path)
	if err != nil {
		return -1
	}
	defer f.Close() //nolint:errcheck // read only
	head := make([]byte, 1<<20)
	n, err := io.ReadFull(f, head)
	if n == 0 {
		return 0
	}
	lines := int64(strings.Count(string(head[:n]), "\n"))
	if err != nil && len(files) == 1 {
		return lines
	}
	var size int64
	for _, file := range files {
		size += file.Size
	}
	if compression(files[0].Path) != "" {
		size *= packed
	}
	return max(lines, 1) * size / int64(n)
}
