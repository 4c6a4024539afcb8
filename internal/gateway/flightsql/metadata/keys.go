package metadata

import (
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql/schema_ref"
)

// PrimaryKeys answers CommandGetPrimaryKeys: files have no keys.
func PrimaryKeys() array.RecordReader { return listed(schema_ref.PrimaryKeys, nil) }

// ExportedKeys answers CommandGetExportedKeys: there are none.
func ExportedKeys() array.RecordReader { return listed(schema_ref.ExportedKeys, nil) }

// ImportedKeys answers CommandGetImportedKeys: there are none.
func ImportedKeys() array.RecordReader { return listed(schema_ref.ImportedKeys, nil) }

// CrossReference answers CommandGetCrossReference: there is nothing to compare.
func CrossReference() array.RecordReader { return listed(schema_ref.CrossReference, nil) }
