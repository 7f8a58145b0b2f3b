import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { loadLanguageOf } from '../src/language.ts';
import { sharedData } from './fixtures/shared-data.ts';

const SENTENCES: Record<string, string[]> = {
  en: [
    'We show that a small model finds the right papers in most cases.',
    'Measurements of magnetic order in thin films at low temperature.',
    'A survey of methods for learning from few labelled examples.',
  ],
  de: [
    'Wir zeigen, dass ein kleines Modell in den meisten Fällen die richtigen Arbeiten findet.',
    'Messungen der magnetischen Ordnung in dünnen Schichten bei tiefen Temperaturen.',
    'Ein Überblick über Verfahren, die aus wenigen Beispielen lernen.',
  ],
  fr: [
    'Nous montrons qu’un petit modèle trouve les bons articles dans la plupart des cas.',
    'Mesures de l’ordre magnétique dans des couches minces à basse température.',
    'Une revue des méthodes qui apprennent à partir de peu d’exemples.',
  ],
  es: [
    'Mostramos que un modelo pequeño encuentra los artículos correctos en la mayoría de los casos.',
    'Mediciones del orden magnético en películas delgadas a baja temperatura.',
    'Este informe analiza el desafío de aprender con pocos ejemplos etiquetados.',
  ],
  pt: [
    'Mostramos que um modelo pequeno encontra os artigos certos na maioria dos casos.',
    'Medições da ordem magnética em filmes finos a baixas temperaturas não são simples.',
    'Uma revisão de métodos que aprendem a partir de poucos exemplos rotulados.',
  ],
  it: [
    'Mostriamo che un piccolo modello trova gli articoli giusti nella maggior parte dei casi.',
    'Misure dell’ordine magnetico in film sottili a bassa temperatura.',
    'Una rassegna dei metodi che imparano da pochi esempi annotati.',
  ],
  tr: [
    'Küçük bir modelin çoğu durumda doğru makaleleri bulduğunu gösteriyoruz.',
    'Düşük sıcaklıkta ince filmlerde manyetik düzenin ölçümleri.',
    'Az sayıda örnekten öğrenen yöntemler üzerine bir inceleme.',
  ],
  ru: [
    'Мы показываем, что небольшая модель в большинстве случаев находит нужные статьи.',
    'Измерения магнитного порядка в тонких плёнках при низкой температуре.',
    'Обзор методов обучения на небольшом числе размеченных примеров.',
  ],
  zh: [
    '我们证明，小型模型在大多数情况下都能找到正确的论文。',
    '低温下薄膜磁有序的测量结果表明该材料具有新的相变。',
    '本文综述了利用少量标注样本进行学习的方法。',
  ],
  ja: [
    '小さなモデルでも多くの場合に正しい論文を見つけられることを示す。',
    '低温における薄膜の磁気秩序を測定した結果について報告する。',
    '少数の例から学習する手法についての総説である。',
  ],
  ar: [
    'نبين أن نموذجا صغيرا يجد الأوراق الصحيحة في معظم الحالات.',
    'قياسات الترتيب المغناطيسي في الأغشية الرقيقة عند درجات حرارة منخفضة.',
    'مراجعة لطرق التعلم من عدد قليل من الأمثلة.',
  ],
};

const languageOf = await loadLanguageOf();

describe('the language of a text', () => {
  it.each(Object.entries(SENTENCES))('is %s, of a sentence and of several', (language, sentences) => {
    expect(languageOf(sentences.join(' '))).toBe(language);
    const found = sentences.map(languageOf);
    expect(found.filter((each) => each === language).length).toBeGreaterThanOrEqual(sentences.length - 1);
    expect(found.every((each) => each === language || each === null)).toBe(true);
  });

  it('is unknown for a few words, for signs, and for words of no language', () => {
    expect(languageOf('')).toBeNull();
    expect(languageOf('Deep learning')).toBeNull();
    expect(languageOf('1 + 2 = 3, 4 × 5 = 20, 6 / 7 > 0.8, (9) [10]')).toBeNull();
    expect(languageOf('qxzv wkjq zzxr pqvw kkjz xwvq jzqk vwxz')).toBeNull();
  });

  const month = sharedData('papers/arxiv-2025-09.jsonl.gz');
  it.skipIf(month === null)('is English for the abstracts of a month of arXiv', () => {
    const papers = gunzipSync(readFileSync(month ?? ''))
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .slice(0, 2_000)
      .map((line) => JSON.parse(line) as { title: string; abstract: string });
    const english = papers.filter(({ title, abstract }) => languageOf(`${title}\n${abstract}`) === 'en');
    expect(english.length / papers.length).toBeGreaterThan(0.995);
  });
});
